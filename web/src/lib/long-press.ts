import { useRef, type PointerEvent } from 'react'

/** How long a finger rests until it counts, ms. */
const restMs = 450
/** A finger that moves this far scrolls, px. */
const slack = 10

/** Handlers that tell when a finger rests on an element, and where. */
export function useLongPress(onPress: (at: { x: number; y: number }) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const start = useRef({ x: 0, y: 0 })
  const cancel = () => clearTimeout(timer.current)
  return {
    onPointerDown: (event: PointerEvent) => {
      cancel()
      if (event.pointerType !== 'touch' || !event.isPrimary) return
      start.current = { x: event.clientX, y: event.clientY }
      timer.current = setTimeout(() => onPress(start.current), restMs)
    },
    onPointerMove: (event: PointerEvent) => {
      const { x, y } = start.current
      if (Math.hypot(event.clientX - x, event.clientY - y) > slack) cancel()
    },
    onPointerUp: cancel,
    onPointerCancel: cancel
  }
}
