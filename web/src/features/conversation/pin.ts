import { useCallback, useLayoutEffect, useRef, useState } from 'react'

/** This close to the end counts as there, px. */
const slack = 48

/**
 * Keeps a scrolling element at its end while it is there: when content or the composer grows, and when a keyboard opens.
 * Scrolling up releases it; scrolling down to the end pins it again.
 */
export function usePin(onPinned: (pinned: boolean) => void) {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [pinned, setPinned] = useState(true)
  const held = useRef(true)
  const last = useRef({ top: 0, contentHeight: 0, height: 0 })

  const hold = useCallback(
    (next: boolean) => {
      if (held.current === next) return
      held.current = next
      setPinned(next)
      onPinned(next)
    },
    [onPinned]
  )

  const toEnd = useCallback(() => {
    const { current } = scroller
    if (!current) return
    hold(true)
    current.scrollTop = current.scrollHeight
  }, [hold])

  /** Releases the end for a jump. Call `look` afterwards: the target may be the end. */
  const letGo = useCallback(() => hold(false), [hold])

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (held.current) toEnd()
    })
    if (scroller.current) observer.observe(scroller.current)
    if (content.current) observer.observe(content.current)
    toEnd()
    return () => observer.disconnect()
  }, [toEnd])

  /** Call it when the element was scrolled; says whether it is held no more. */
  const look = useCallback((): boolean => {
    const { current } = scroller
    if (!current) return false
    const { scrollTop: top, scrollHeight: contentHeight, clientHeight: height } = current
    const before = last.current
    last.current = { top, contentHeight, height }
    // After a resize the browser may have scrolled, not the user.
    const moved = before.contentHeight === contentHeight && before.height === height
    if (contentHeight - top - height <= slack) hold(true)
    else if (moved && top < before.top) hold(false)
    return !held.current
  }, [hold])

  return { scroller, content, pinned, toEnd, letGo, look }
}
