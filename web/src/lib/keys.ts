import type { KeyboardEvent } from 'react'

/**
 * Whether a key belongs to an input method that composes a character. Safari reports the Enter or Escape that ends a
 * composition after `compositionend`, with `isComposing` false; its `keyCode` is 229 as during the composition.
 */
export function isComposing(event: { isComposing: boolean; keyCode: number }): boolean {
  return event.isComposing || event.keyCode === 229
}

/** Passes a key on to a handler unless an input method has it. Every `onKeyDown` of the app calls this. */
export function typed<Event extends KeyboardEvent>(event: Event, handle: (event: Event) => void): void {
  if (!isComposing(event.nativeEvent)) handle(event)
}

/** Keeps the Enter and Escape that end a composition from sending a form or closing a dialog by themselves. */
export function guardCompositions(): void {
  addEventListener(
    'keydown',
    (event) => {
      if (isComposing(event) && (event.key === 'Enter' || event.key === 'Escape')) event.preventDefault()
    },
    { capture: true }
  )
}
