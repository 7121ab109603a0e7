import { useEffectEvent, useLayoutEffect, useRef, type PointerEvent, type SyntheticEvent } from 'react'
import { closeTopmost, openOverlay } from '../lib/overlays.ts'

/**
 * Opens a dialog for as long as it is in the page. Escape, Back and a click beside it ask to close it; the focus goes
 * back to where it was. Spread `handlers` on the dialog.
 */
export function useOverlay(onClose: () => void, { keepOnClickBeside = false } = {}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useDismissal(onClose)
  const pressedBeside = useRef(false)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    // Else the first button has the focus.
    current?.querySelector<HTMLElement>('[data-focus]')?.focus()
    // Closing, and not only vanishing, gives the focus back.
    return () => current?.close()
  }, [])
  return {
    dialog,
    handlers: {
      onCancel(event: SyntheticEvent) {
        // One from a file picker or a dialog within bubbles up here.
        if (event.target !== event.currentTarget) return
        // Whether it closes, or a form within it does, is the app's to say.
        event.preventDefault()
        closeTopmost()
      },
      onPointerDown(event: PointerEvent) {
        pressedBeside.current = event.target === event.currentTarget
      },
      // The click is the last event of a tap: on an earlier one the rest of the tap would go to what lies beneath.
      onClick(event: SyntheticEvent) {
        const beside = pressedBeside.current && event.target === event.currentTarget
        pressedBeside.current = false
        if (beside && !keepOnClickBeside) onClose()
      }
    }
  }
}

/** Lets Back and Escape close what is in the page now, before what it lies in or over. */
export function useDismissal(onClose: () => void): void {
  const close = useEffectEvent(onClose)
  useLayoutEffect(() => openOverlay(() => close()), [])
}
