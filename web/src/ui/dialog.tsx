import { useId, useLayoutEffect, useRef, type ReactNode, type SyntheticEvent } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import './dialog.css'

/**
 * Something to be done with before all else; the focus goes back to where it was. `panel` stands at the side, or on a
 * phone over everything. It is open for as long as it is in the page; Escape and a click beside it ask to close it.
 */
export function Dialog({
  title,
  close,
  look = 'box',
  onClose,
  children
}: {
  title: string
  /** What the button that closes it is called. */
  close: string
  look?: 'box' | 'panel'
  onClose: () => void
  children: ReactNode
}) {
  const id = useId()
  const dialog = useModal()
  return (
    <dialog
      ref={dialog}
      className={`dialog dialog--${look}`}
      aria-labelledby={id}
      onCancel={(event) => cancel(event, onClose)}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div className="dialog__inside">
        <header className="dialog__header">
          <h2 id={id} className="dialog__title" dir="auto">
            {title}
          </h2>
          <Button look="icon" aria-label={close} onClick={onClose}>
            <Icon name="close" />
          </Button>
        </header>
        {children}
      </div>
    </dialog>
  )
}

/** Opens a dialog for as long as it is in the page. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    // Else the first button has the focus.
    current?.querySelector<HTMLElement>('[data-focus]')?.focus()
    // Closing, and not only vanishing, gives the focus back.
    return () => current?.close()
  }, [])
  return dialog
}

/** Escape, or the way back of a phone: whether it closes is the app's to say. */
export function cancel(event: SyntheticEvent, onClose: () => void): void {
  // One from a file picker or a dialog within bubbles up here.
  if (event.target !== event.currentTarget) return
  event.preventDefault()
  onClose()
}
