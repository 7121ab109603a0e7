import { useSyncExternalStore } from 'react'

/** The server's time less this device's, ms: people read times beside others', so a wrong clock must not show. */
let offsetMs = 0
/** Differences up to this are those of whole seconds and of answers on their way, ms. */
const toleranceMs = 5_000
/** A divisor of a minute. */
const everyMs = 30_000
let current = new Date()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setTimeout> | undefined

/** The time by the server's clock, ms since 1970; by the device's before the server has answered. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Takes the server's clock from an answer that has just arrived. */
export function noteServerTime(serverMs: number): void {
  const offset = serverMs - Date.now()
  if (Math.abs(offset - offsetMs) <= toleranceMs) return
  offsetMs = offset
  tick()
}

/** The time by the server's clock, updated every 30 seconds, and when a person looks at the page again. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => current)
}

/** The local midnight at which today began. It renders its component again at the next one. */
export function useToday(): Date {
  const at = useSyncExternalStore(subscribe, () =>
    new Date(current.getFullYear(), current.getMonth(), current.getDate()).getTime()
  )
  return new Date(at)
}

const looks = ['pageshow', 'focus', 'online'] as const

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange)
  if (listeners.size === 1) {
    for (const event of looks) addEventListener(event, tick)
    document.addEventListener('visibilitychange', tick)
    tick()
  }
  return () => {
    listeners.delete(onChange)
    if (listeners.size > 0) return
    for (const event of looks) removeEventListener(event, tick)
    document.removeEventListener('visibilitychange', tick)
    clearTimeout(timer)
  }
}

function tick(): void {
  current = new Date(serverNow())
  clearTimeout(timer)
  if (listeners.size === 0) return
  // At full minutes too, and so at midnight.
  timer = setTimeout(tick, everyMs - (current.getTime() % everyMs))
  for (const listener of listeners) listener()
}
