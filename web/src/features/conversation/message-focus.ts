import { useEffect, useEffectEvent, useState, type KeyboardEvent, type RefObject } from 'react'
import type { VirtualizerHandle } from 'virtua'
import type { Row } from '../../state/model/rows.ts'

type Options = {
  rows: readonly Row[]
  scroller: RefObject<HTMLElement | null>
  list: RefObject<VirtualizerHandle | null>
  toEnd: () => void
  /** The list goes elsewhere than to its end. */
  letGo: () => void
  /** Called when the list has stopped scrolling. */
  onRest: () => void
  onMenu: (row: Row, element: HTMLElement) => void
  /** Escape: back to writing. */
  onLeave: () => void
}

/** How long a row is highlighted after a jump to it, in ms. */
const foundMs = 1_600

/** Arrow keys lead from row to row, Enter opens the menu of a message; `goTo` leads to one from elsewhere. */
export function useMessageFocus({ rows, scroller, list, toEnd, letGo, onRest, onMenu, onLeave }: Options) {
  const [active, setActive] = useState<{ key: string; align: 'nearest' | 'center' } | null>(null)
  const [found, setFound] = useState<string | null>(null)
  const index = active ? rows.findIndex(({ key }) => key === active.key) : -1

  const show = useEffectEvent(({ key, align }: NonNullable<typeof active>) => {
    if (index < 0) return
    const { current } = scroller
    const row = rowElement(current, key)
    // The list keeps following new messages if it is at the newest one and shows the row already.
    if (index === rows.length - 1) toEnd()
    else if (align === 'center' || !row) {
      letGo()
      list.current?.scrollToIndex(index, { align })
    } else if (current && !isInSight(current, row)) {
      letGo()
      // Jump at once: the list's own smooth scroll would lead away from messages that arrive during it.
      row.scrollIntoView({ block: 'nearest' })
    }
    holdFocus(() => rowElement(scroller.current, key), onRest)
  })
  useEffect(() => {
    if (active) show(active)
  }, [active])

  useEffect(() => {
    if (found === null) return undefined
    const timer = setTimeout(() => setFound(null), foundMs)
    return () => clearTimeout(timer)
  }, [found])

  function press(event: KeyboardEvent<HTMLElement>) {
    const target = event.target as HTMLElement
    const inList = target === event.currentTarget
    const at = inList
      ? lastInSight(target, rows) + 1
      : rows.findIndex(({ key }) => key === target.dataset['row'])
    // A link or a button within a row.
    if (at < 0) return
    const row = rows[at]
    if (event.key === 'Escape') onLeave()
    else if (event.key === 'Enter' && row && !inList) {
      // The same key would choose the first item of the menu, which has the focus by then.
      event.preventDefault()
      onMenu(row, target)
    } else {
      const to: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }
      const next = rows[to[event.key] ?? -1]
      if (!next || (inList && event.key !== 'ArrowUp')) return
      event.preventDefault()
      setActive({ key: next.key, align: 'nearest' })
    }
  }

  return {
    press,
    found,
    /** Stays in the page for as long as it may have the focus. */
    mounted: index < 0 ? [] : [index],
    goTo(row: Row) {
      setActive({ key: row.key, align: 'center' })
      setFound(row.key)
    }
  }
}

/** Frames after which a list has come to rest. */
const restlessFrames = 12

/** Focuses an element, and again if it appears late or is replaced while the list scrolls to it. */
function holdFocus(find: () => HTMLElement | null, onRest: () => void): void {
  const before = document.activeElement
  let frames = restlessFrames
  const hold = () => {
    const now = document.activeElement
    const element = find()
    // The user has moved the focus in the meantime.
    if (now !== before && now !== document.body && now !== element) return onRest()
    element?.focus({ preventScroll: true })
    if (frames-- > 0) requestAnimationFrame(hold)
    else onRest()
  }
  hold()
}

function rowElement(scroller: HTMLElement | null, key: string): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`) ?? null
}

/** Whether all of a row can be seen. */
function isInSight(scroller: HTMLElement, row: HTMLElement): boolean {
  const { top, bottom } = scroller.getBoundingClientRect()
  const at = row.getBoundingClientRect()
  return at.top >= top && at.bottom <= bottom
}

/** The lowest row that can be seen. */
function lastInSight(scroller: HTMLElement, rows: readonly Row[]): number {
  const { bottom } = scroller.getBoundingClientRect()
  return rows.findLastIndex(({ key }) => {
    const element = rowElement(scroller, key)
    return element !== null && element.getBoundingClientRect().top < bottom
  })
}
