import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import type { User } from '@parley/contract/people'
import { completeMention, fittingNames, mentionAt } from '../../lib/mentions.ts'

type Options = {
  field: RefObject<HTMLTextAreaElement | null>
  text: string
  setText: (text: string) => void
  /** Whom one can mention. */
  people: readonly User[]
  /** Called when a mention begins, to load all participants. */
  onBegin: () => void
}

export type Mentioning = ReturnType<typeof useMentioning>

/** Completes a name after an `@`, by keys and by clicks. */
export function useMentioning({ field, text, setText, people, onBegin }: Options) {
  const id = useId()
  const [caret, setCaret] = useState<number | null>(null)
  const [active, setActive] = useState(0)
  const [dismissed, setDismissed] = useState<number | null>(null)
  const moveTo = useRef<number | null>(null)

  const begun = caret === null ? null : mentionAt(text, caret)
  const open = begun !== null && begun.start !== dismissed
  const fitting = open ? fittingNames(people, begun.search, ({ username }) => username) : []
  const shown = Math.min(active, Math.max(0, fitting.length - 1))

  useLayoutEffect(() => {
    if (moveTo.current === null) return
    field.current?.setSelectionRange(moveTo.current, moveTo.current)
    moveTo.current = null
  })

  function choose({ username }: User) {
    if (!begun || caret === null) return
    const completed = completeMention(text, caret, begun, username)
    setText(completed.text)
    setCaret(null)
    moveTo.current = completed.caret
  }

  /** Closes the list until another mention is begun. */
  function dismiss() {
    setDismissed(begun?.start ?? null)
  }

  return {
    id,
    fitting,
    active: shown,
    setActive,
    choose,
    /** Call it when the text or the caret has changed. */
    look() {
      const { current } = field
      const at = current && current.selectionStart === current.selectionEnd ? current.selectionStart : null
      const next = current && at !== null ? mentionAt(current.value, at) : null
      if (next && !begun) onBegin()
      if (next?.start !== begun?.start || next?.search !== begun?.search) setActive(0)
      if (!next) setDismissed(null)
      setCaret(next ? at : null)
    },
    close: () => setCaret(null),
    dismiss,
    /** Whether a key was meant for the list. */
    press(event: KeyboardEvent): boolean {
      const person = fitting[shown]
      if (!person) return false
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        const step = event.key === 'ArrowDown' ? 1 : -1
        setActive((shown + step + fitting.length) % fitting.length)
      } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
        choose(person)
      } else if (event.key === 'Escape') {
        dismiss()
      } else {
        return false
      }
      event.preventDefault()
      return true
    },
    /** What the field says of the list. */
    aria: {
      'aria-autocomplete': 'list',
      'aria-controls': id,
      'aria-activedescendant': fitting.length > 0 ? `${id}-${shown}` : undefined
    } as const
  }
}
