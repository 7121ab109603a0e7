import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { typed } from '../lib/keys.ts'
import { Icon, type IconName } from './icon.tsx'
import { useOverlay } from './overlay.ts'
import { classNames } from '../lib/class-names.ts'
import styles from './menu.module.css'

/** Where the corner of a menu lies from which its text starts, px from the top left of the window. */
export type Anchor = { x: number; y: number }

/** The place for a menu below an element. */
export function anchorBelow(element: Element): Anchor {
  const { left, right, bottom } = element.getBoundingClientRect()
  return { x: isRightToLeft(element) ? right : left, y: bottom }
}

function isRightToLeft(element: Element): boolean {
  return getComputedStyle(element).direction === 'rtl'
}

const margin = 8

type PopupProps = { label: string; anchor: Anchor; onClose: () => void; children: ReactNode }

/** A small dialog at a place; on a phone it comes up from below. Escape, Back and a click beside it close it. */
export function Popup({ label, anchor: { x, y }, onClose, children }: PopupProps) {
  const { dialog, handlers } = useOverlay(onClose)
  const pressed = useRef(false)
  useLayoutEffect(() => {
    const { current } = dialog
    if (!current) return
    // As it will be, whatever an animation makes of it now.
    const { offsetWidth: width, offsetHeight: height } = current
    const clamp = (at: number, size: number, room: number) =>
      Math.max(margin, Math.min(at, room - size - margin))
    // Style sheets decide whether this counts.
    current.style.setProperty(
      '--menu-x',
      `${clamp(isRightToLeft(current) ? x - width : x, width, innerWidth)}px`
    )
    current.style.setProperty('--menu-y', `${clamp(y, height, innerHeight)}px`)
  }, [dialog, x, y])
  return (
    <dialog
      ref={dialog}
      className={styles.menu}
      aria-label={label}
      {...handlers}
      onPointerDown={(event) => {
        pressed.current = true
        handlers.onPointerDown(event)
      }}
      // The finger that opened it by a long press chooses nothing when it is lifted.
      onClickCapture={(event) => {
        if (event.detail > 0 && !pressed.current) event.stopPropagation()
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      {children}
    </dialog>
  )
}

/** A menu at a place; the arrow keys move through it. `failure` says why the last choice failed. */
export function Menu({ failure = null, children, ...popup }: PopupProps & { failure?: string | null }) {
  const { label, onClose } = popup
  const menu = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (menu.current) items(menu.current)[0]?.focus()
  }, [])

  function press(event: KeyboardEvent<HTMLElement>) {
    const all = items(event.currentTarget)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const ahead = isRightToLeft(event.currentTarget) ? -1 : 1
    const next: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      ArrowRight: at + ahead,
      ArrowLeft: at - ahead,
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
    <Popup {...popup}>
      <div
        ref={menu}
        role="menu"
        tabIndex={-1}
        aria-label={label}
        className={styles.inside}
        onKeyDown={(event) => typed(event, press)}
      >
        {children}
      </div>
      {failure && (
        <p className={styles.failure} role="alert">
          {failure}
        </p>
      )}
    </Popup>
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
      className={classNames(styles.item, danger && styles.danger)}
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
