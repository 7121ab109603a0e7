import { reportFault } from '@parley/client/failures'
import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent, type KeyboardEvent } from 'react'
import { isBlank } from '@parley/contract/text/characters'
import { messageMaxLength } from '@parley/contract/limits'
import type { AuthUser, User } from '@parley/contract/people'
import { plural, t } from '@lingui/core/macro'
import { fieldDir, isolate } from '../../lib/bidi.ts'
import { countCodePoints } from '../../lib/code-points.ts'
import { typed } from '../../lib/keys.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import { textOf } from '../../state/model/draft.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MentionList } from './mention-list.tsx'
import { useMentioning } from './mentioning.ts'
import { ModeBar } from './mode-bar.tsx'
import { OtherDraft } from './other-draft.tsx'
import type { Writing } from './writing.ts'
import fieldStyles from '../../ui/field.module.css'
import noteStyles from './note.module.css'
import { classNames } from '../../lib/class-names.ts'
import styles from './composer.module.css'

type ComposerProps = {
  name: string
  me: AuthUser
  writing: Writing
  /** At every keystroke that writes something new. */
  onTyping: () => void
  /** The outbox has what was written. */
  onSent: () => void
  /** The way up from an empty field: to my last message. */
  onEditLast: () => void
  /** Whether a message was deleted. */
  isDeleted: (messageId: string) => boolean
  people: readonly User[]
  onMention: () => void
}

/** Where I write. Enter sends, Shift and Enter begin a line; on a touch screen Enter begins a line. */
export function Composer(props: ComposerProps) {
  const { name, me, writing, onTyping, onSent, onEditLast, isDeleted, people, onMention } = props
  const form = useRef<HTMLFormElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const draft = useSyncExternalStore(writing.subscribe, writing.get)
  const other = useSyncExternalStore(writing.subscribe, writing.other)
  const text = textOf(draft)
  const { editing } = draft
  const person = isolate(name)
  const label = t({
    message: `Message ${person}`,
    comment: 'Write a message to a person or group'
  })
  const hasMode = editing !== null || draft.replyTo !== null
  const mentioning = useMentioning({ field, text, setText: writing.setText, people, onBegin: onMention })
  const max = me.messageMaxLength ?? messageMaxLength
  // From here on the length is shown.
  const countFrom = max - Math.min(200, Math.ceil(max / 10))
  const length = text.length >= countFrom ? countCodePoints(text.trim()) : 0
  const sendable = !isBlank(text) && length <= max

  // Focus that the page gives to the field is not writing yet.
  const givesFocus = useRef(false)
  useEffect(() => {
    const { current } = field
    if (!current || isTouchOnly()) return
    givesFocus.current = true
    current.focus({ preventScroll: true })
    givesFocus.current = false
    // Behind what was begun before.
    current.setSelectionRange(current.value.length, current.value.length)
  }, [field])
  useEffect(() => writing.leave, [writing])

  const modes = useSyncExternalStore(writing.subscribe, writing.modes)
  const shownModes = useRef(modes)
  useEffect(() => {
    const { current } = field
    const same = shownModes.current === modes
    shownModes.current = modes
    if (same || !current) return
    current.focus({ preventScroll: true })
    current.setSelectionRange(current.value.length, current.value.length)
  }, [field, modes])

  async function send(event?: FormEvent) {
    event?.preventDefault()
    field.current?.focus({ preventScroll: true })
    if (!sendable) return
    setFailure(null)
    mentioning.close()
    try {
      await writing.send()
      onSent()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
  }

  /** Runs an action of a bar above the field. The bar may then go, with the button that has the focus. */
  function act(action: () => void) {
    if (form.current?.contains(document.activeElement)) field.current?.focus({ preventScroll: true })
    setFailure(null)
    action()
  }
  const leaveMode = () => act(writing.leaveMode)

  /** The message before the one that is being sent is not the last. */
  async function editLast() {
    const storing = writing.storing()
    if (!storing) return onEditLast()
    await storing
    const { editing, replyTo, text } = writing.get()
    if (!editing && !replyTo && text === '') onEditLast()
  }

  function press(event: KeyboardEvent) {
    if (mentioning.press(event)) return
    if (event.key === 'Escape' && hasMode) leaveMode()
    else if (event.key === 'ArrowUp' && text === '' && !hasMode) editLast().catch(reportFault)
    else if (event.key !== 'Enter' || event.shiftKey || isTouchOnly()) return
    else send().catch(reportFault)
    event.preventDefault()
  }

  return (
    <form
      ref={form}
      className={styles.composer}
      data-part="composer"
      // A button acts on what the field shows: a draft of another device waits until the focus leaves both.
      onMouseDown={(event) => {
        if ((event.target as Element).closest('button')) event.preventDefault()
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) writing.leave()
      }}
      onSubmit={(event) => {
        send(event).catch(reportFault)
      }}
    >
      <ModeBar draft={draft} me={me} isDeleted={isDeleted} onLeave={leaveMode} />
      <OtherDraft
        other={other}
        onUse={() => act(writing.useOther)}
        onDiscard={() => act(writing.discardOther)}
      />
      {failure && (
        <p className={classNames(noteStyles.note, noteStyles.failed)} role="alert">
          {failure}
        </p>
      )}
      {length >= countFrom && (
        <p className={classNames(noteStyles.note, length > max && noteStyles.failed)} role="status">
          {lengthText(max - length)}
        </p>
      )}
      <div className={styles.line}>
        <MentionList mentioning={mentioning} />
        {/* An unseen copy of the text gives the field its height. */}
        <div className={styles.grow} data-text={`${text} `}>
          <textarea
            ref={field}
            className={classNames(fieldStyles.field, styles.field)}
            // The draft survives a reload.
            data-kept
            rows={1}
            dir={fieldDir(text)}
            aria-label={label}
            {...mentioning.aria}
            value={text}
            onChange={(event) => {
              const { value } = event.target
              writing.hold(true)
              writing.setText(value)
              if (!isBlank(value) && !editing) onTyping()
              mentioning.look()
            }}
            onSelect={() => mentioning.look()}
            onFocus={() => writing.hold(!givesFocus.current)}
            onPointerDown={() => writing.hold(true)}
            onBlur={() => mentioning.close()}
            onKeyDown={(event) => typed(event, press)}
          />
          {/* Browsers cut the placeholder of a text area in the middle of a letter. The label says the same. */}
          {text === '' && (
            <span className={styles.placeholder} aria-hidden="true">
              {label}
            </span>
          )}
        </div>
        <Button
          type="submit"
          look="icon"
          className={styles.send}
          aria-label={editing ? t`Save` : t`Send`}
          disabled={!sendable}
        >
          <Icon name={editing ? 'check' : 'send'} size={22} />
        </Button>
      </div>
    </form>
  )
}

/** How many characters can still be written, or are too many. */
function lengthText(left: number): string {
  return left >= 0
    ? plural(left, { one: '# character left', other: '# characters left' })
    : plural({ count: -left }, { one: '# character too many', other: '# characters too many' })
}
