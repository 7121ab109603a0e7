import { useEffectEvent, useLayoutEffect, useRef, type PointerEvent, type SyntheticEvent } from 'react'
import { openOverlay } from '../lib/overlays.ts'

/**
 * Opens a dialog for as long as it is in the page. Escape, Back and a click beside it ask to close it; the focus goes
 * back to where it was. Spread `handlers` on the dialog.
 */
export function useOverlay(onClose: () => void, { keepOnClickBeside = false } = {}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const pressedBeside = useRef(false)
  const close = useEffectEvent(onClose)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    // Else the first button has the focus.
    current?.querySelector<HTMLElement>('[data-focus]')?.focus()
    const closed = openOverlay(() => close())
    return () => {
      // Closing, and not only vanishing, gives the focus back.
      current?.close()
      closed()
    }
  }, [])
  return {
    dialog,
    handlers: {
      onCancel(event: SyntheticEvent) {
        // One from a file picker or a dialog within bubbles up here.
        if (event.target !== event.currentTarget) return
        // Whether it closes is the app's to say.
        event.preventDefault()
        onClose()
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
