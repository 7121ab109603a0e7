import { useEffect } from 'react'
import { isComposing } from '../../lib/keys.ts'
import { hasOverlay } from '../../lib/overlays.ts'
import { isTouchOnly } from '../../lib/pointer.ts'

/** Gives the composer the focus. */
export function focusComposer(): void {
  document.querySelector<HTMLElement>('[data-part=composer] textarea')?.focus({ preventScroll: true })
}

/** Lets people write from anywhere on the page: a character that no field takes goes to the composer. */
export function useTypingAnywhere(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      // The character itself follows the focus.
      if (writes(event) && !hasOverlay() && !isTouchOnly()) focusComposer()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

/** Whether a key writes a character, and nothing else on the page wants it. */
function writes(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey, target } = event
  const command = (ctrlKey || metaKey || altKey) && !event.getModifierState('AltGraph')
  // Space scrolls, and presses buttons.
  if (event.defaultPrevented || isComposing(event) || command || key === ' ') return false
  if (Array.from(key).length !== 1) return false
  return !(target instanceof Element && target.closest('input, textarea, select, [contenteditable]'))
}
