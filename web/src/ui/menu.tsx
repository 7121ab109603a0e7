import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { cancel, useModal } from './dialog.tsx'
import { Icon, type IconName } from './icon.tsx'
import './menu.css'

/** Where a menu opens, px from the top left of the window. */
export type Anchor = { x: number; y: number }

const margin = 8

/** Choices at a place; on a phone they come up from below. Escape and a click beside it close it. */
export function Menu({
  label,
  anchor,
  onClose,
  children
}: {
  label: string
  anchor: Anchor
  onClose: () => void
  children: ReactNode
}) {
  const dialog = useModal()
  const pressed = useRef(false)
  const { x, y } = anchor
  useLayoutEffect(() => {
    const { current } = dialog
    if (!current) return
    // As it will be, whatever an animation makes of it now.
    const { offsetWidth: width, offsetHeight: height } = current
    const clamp = (at: number, size: number, room: number) =>
      Math.max(margin, Math.min(at, room - size - margin))
    // Style sheets decide whether this counts.
    current.style.setProperty('--menu-x', `${clamp(x, width, innerWidth)}px`)
    current.style.setProperty('--menu-y', `${clamp(y, height, innerHeight)}px`)
    items(current)[0]?.focus()
  }, [dialog, x, y])

  function press(event: KeyboardEvent<HTMLElement>) {
    const all = items(event.currentTarget)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: -1
    }
    const index = next[event.key]
    if (event.key === 'Tab') onClose()
    if (index === undefined) return
    event.preventDefault()
    all.at(index % all.length)?.focus()
  }

  return (
    <dialog
      ref={dialog}
      className="menu"
      aria-label={label}
      onCancel={(event) => cancel(event, onClose)}
      onPointerDown={(event) => {
        pressed.current = true
        if (event.target === event.currentTarget) onClose()
      }}
      // The finger that opened it by a long press chooses nothing when it is lifted.
      onClickCapture={(event) => {
        if (event.detail > 0 && !pressed.current) event.stopPropagation()
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      <div role="menu" tabIndex={-1} aria-label={label} className="menu__inside" onKeyDown={press}>
        {children}
      </div>
    </dialog>
  )
}

export function MenuItem({
  icon,
  danger = false,
  onChoose,
  children
}: {
  icon?: IconName
  danger?: boolean
  onChoose: () => void
  children: ReactNode
}) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={`menu__item ${danger ? 'menu__item--danger' : ''}`}
      onClick={onChoose}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}

function items(menu: HTMLElement): HTMLElement[] {
  return Array.from(menu.querySelectorAll<HTMLElement>('[role^="menuitem"]'))
}
