import { useState, type FormEvent } from 'react'
import { emojiOf } from '@parley/contract/text/emoji'
import { t } from '@lingui/core/macro'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import dialogStyles from '../../ui/dialog.module.css'
import fieldStyles from '../../ui/field.module.css'

/** Takes any emoji from the user's own keyboard. */
export default function EmojiDialog({
  onReact,
  onClose
}: {
  onReact: (emoji: string) => void
  onClose: () => void
}) {
  const [text, setText] = useState('')
  const [failure, setFailure] = useState<string | null>(null)

  function submit(event: FormEvent) {
    event.preventDefault()
    const emoji = emojiOf(text.trim())
    if (emoji === null) return setFailure(t`Enter exactly one emoji.`)
    onReact(emoji)
    onClose()
  }

  return (
    <Dialog title={t`React with an emoji`} close={t`Close`} keepOnClickBeside={text !== ''} onClose={onClose}>
      <form className={dialogStyles.body} onSubmit={submit}>
        <p className={dialogStyles.detail}>{t`Enter one emoji from your keyboard’s emoji picker.`}</p>
        <input
          className={fieldStyles.field}
          data-focus
          aria-label={t`Emoji`}
          aria-invalid={failure !== null}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setFailure(null)
          }}
        />
        {failure && (
          <p className={dialogStyles.failure} role="alert">
            {failure}
          </p>
        )}
        <div className={dialogStyles.choices}>
          <Button type="submit">{t`React`}</Button>
        </div>
      </form>
    </Dialog>
  )
}
