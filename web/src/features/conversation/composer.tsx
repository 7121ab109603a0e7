import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { messageMaxLength } from '@parley/contract/limits'
import { countCodePoints } from '../../lib/code-points.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import './composer.css'

type ComposerProps = {
  name: string
  draft: string
  onDraft: (draft: string) => void
  /** Resolves when the message is safe in the outbox. */
  onSend: (content: string) => Promise<void>
}

/** From here on the length is shown, code points. */
const countFrom = messageMaxLength - 200

/** Where I write. Enter sends, Shift and Enter begin a line; on a touch screen Enter begins a line. */
export function Composer({ name, draft, onDraft, onSend }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [failed, setFailed] = useState(false)
  const sendable = draft.trim() !== ''
  const length = draft.length >= countFrom ? countCodePoints(draft.trim()) : 0

  useEffect(() => {
    if (!isTouchOnly()) field.current?.focus({ preventScroll: true })
  }, [])

  async function send(event?: FormEvent) {
    event?.preventDefault()
    field.current?.focus({ preventScroll: true })
    if (!sendable) return
    setFailed(false)
    onDraft('')
    try {
      await onSend(draft.trim())
    } catch {
      onDraft(draft)
      setFailed(true)
    }
  }

  function press(event: KeyboardEvent) {
    // 229: some browsers end a composition with an Enter that is not marked as part of it.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key !== 'Enter' || event.shiftKey || composing || isTouchOnly()) return
    event.preventDefault()
    void send()
  }

  return (
    <form className="composer" onSubmit={(event) => void send(event)}>
      {failed && (
        <p className="composer__note composer__note--failed" role="alert">
          {texts.conversation.notKept}
        </p>
      )}
      {length >= countFrom && (
        <p
          className={`composer__note ${length > messageMaxLength ? 'composer__note--failed' : ''}`}
          role="status"
        >
          {texts.conversation.charactersLeft(messageMaxLength - length)}
        </p>
      )}
      <div className="composer__line">
        {/* An unseen copy of the text gives the field its height. */}
        <div className="composer__grow" data-text={`${draft} `}>
          <textarea
            ref={field}
            className="field composer__field"
            rows={1}
            dir="auto"
            aria-label={texts.conversation.write(name)}
            placeholder={texts.conversation.write(name)}
            value={draft}
            onChange={(event) => onDraft(event.target.value)}
            onKeyDown={press}
          />
        </div>
        <Button
          type="submit"
          look="icon"
          className="composer__send"
          aria-label={texts.conversation.send}
          disabled={!sendable}
        >
          <Icon name="send" size={22} />
        </Button>
      </div>
    </form>
  )
}
