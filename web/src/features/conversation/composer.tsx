import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { messageMaxLength } from '@parley/contract/limits'
import type { User } from '@parley/contract/entities'
import { countCodePoints } from '../../lib/code-points.ts'
import { typed } from '../../lib/keys.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MentionList } from './mention-list.tsx'
import { useMentioning } from './mentioning.ts'
import { ModeBar } from './mode-bar.tsx'
import type { Mode } from './writing.ts'
import './composer.css'

type ComposerProps = {
  name: string
  text: string
  onText: (text: string) => void
  /** At every keystroke that writes something new. */
  onTyping: () => void
  /** Resolves when what was written is safe; throws a sentence. */
  onSend: (content: string) => Promise<void>
  mode: Mode | null
  onLeaveMode: () => void
  /** The way up from an empty field: to my last message. */
  onEditLast: () => void
  people: readonly User[]
  onMention: () => void
}

/** From here on the length is shown, code points. */
const countFrom = messageMaxLength - 200

/** Where I write. Enter sends, Shift and Enter begin a line; on a touch screen Enter begins a line. */
export function Composer(props: ComposerProps) {
  const { name, text, onText, onTyping, onSend, mode, onLeaveMode, onEditLast, people, onMention } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const mentioning = useMentioning({ field, text, setText: onText, people, onBegin: onMention })
  const sendable = text.trim() !== ''
  const length = text.length >= countFrom ? countCodePoints(text.trim()) : 0

  useEffect(() => {
    if (!isTouchOnly()) field.current?.focus({ preventScroll: true })
  }, [])

  const modeOf = mode && `${mode.kind} ${mode.message.id}`
  useEffect(() => {
    const { current } = field
    if (modeOf === null || !current) return
    current.focus({ preventScroll: true })
    current.setSelectionRange(current.value.length, current.value.length)
  }, [modeOf])

  async function send(event?: FormEvent) {
    event?.preventDefault()
    field.current?.focus({ preventScroll: true })
    if (!sendable) return
    setFailure(null)
    mentioning.close()
    onText('')
    try {
      await onSend(text.trim())
    } catch (error) {
      onText(text)
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }

  function leaveMode() {
    setFailure(null)
    onLeaveMode()
  }

  function press(event: KeyboardEvent) {
    if (mentioning.press(event)) return
    if (event.key === 'Escape' && mode) leaveMode()
    else if (event.key === 'ArrowUp' && text === '' && !mode) onEditLast()
    else if (event.key !== 'Enter' || event.shiftKey || isTouchOnly()) return
    else void send()
    event.preventDefault()
  }

  return (
    <form className="composer" onSubmit={(event) => void send(event)}>
      {mode && <ModeBar mode={mode} onLeave={leaveMode} />}
      {failure && (
        <p className="composer__note composer__note--failed" role="alert">
          {failure}
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
        <MentionList mentioning={mentioning} />
        {/* An unseen copy of the text gives the field its height. */}
        <div className="composer__grow" data-text={`${text} `}>
          <textarea
            ref={field}
            className="field composer__field"
            // A reload keeps a draft, and drops an edit.
            data-kept={mode?.kind === 'edit' ? undefined : true}
            rows={1}
            dir="auto"
            aria-label={texts.conversation.write(name)}
            {...mentioning.aria}
            value={text}
            onChange={(event) => {
              const { value } = event.target
              onText(value)
              if (value.trim() !== '' && mode?.kind !== 'edit') onTyping()
              mentioning.look()
            }}
            onSelect={() => mentioning.look()}
            onBlur={() => mentioning.close()}
            onKeyDown={(event) => typed(event, press)}
          />
          {/* Browsers cut the placeholder of a text area in the middle of a letter. The label says the same. */}
          {text === '' && (
            <span className="composer__placeholder" aria-hidden="true">
              {texts.conversation.write(name)}
            </span>
          )}
        </div>
        <Button
          type="submit"
          look="icon"
          className="composer__send"
          aria-label={mode?.kind === 'edit' ? texts.conversation.save : texts.conversation.send}
          disabled={!sendable}
        >
          <Icon name={mode?.kind === 'edit' ? 'check' : 'send'} size={22} />
        </Button>
      </div>
    </form>
  )
}
