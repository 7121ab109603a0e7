/**
 * What lies over the page: each open dialog, menu and panel has an entry of its own in the browser's history, so that
 * Back closes the topmost one before it leaves the conversation. An overlay that closes otherwise takes its entry away.
 */
type Overlay = { close: () => void }

/** What an entry of the history says: how many overlays are open, and how many entries lie between it and the list. */
type EntryState = { overlays?: number; home?: number }

type Navigate = (to: string, options?: NavigateOptions) => void
type NavigateOptions = { replace?: boolean; state?: unknown }

const open: Overlay[] = []
let traversing = false
let settling = false
let waiting: (() => void)[] = []

/** How long the browser may take to go back, ms: longer than ever seen, so that a lost event blocks nothing. */
const traversalTimeoutMs = 1_000

const stateHere = () => (history.state ?? {}) as EntryState
const depthHere = () => stateHere().overlays ?? 0

/** Registers an overlay; returns the function to call when it is closed. `close` asks the overlay to close. */
export function openOverlay(close: () => void): () => void {
  const overlay = { close }
  open.push(overlay)
  settleSoon()
  return () => {
    open.splice(open.indexOf(overlay), 1)
    settleSoon()
  }
}

/** Whether a dialog, menu or panel is open. */
export function hasOverlay(): boolean {
  return open.length > 0
}

/** Navigates once no entry of an overlay is left on top: what follows in the history is the page beneath it. */
export function navigateBeneath(navigate: Navigate, to: string, options: NavigateOptions = {}): void {
  const go = () => {
    const { home } = stateHere()
    const steps = location.pathname === '/' ? 0 : home
    const next = to === '/' ? 0 : steps === undefined || options.replace ? steps : steps + 1
    navigate(to, { replace: options.replace === true, state: next === undefined ? null : { home: next } })
  }
  if (depthHere() === 0 && !traversing) return go()
  waiting.push(go)
  settleSoon()
}

/** Goes back to the list: over its entry in the history where there is one, else in place of the current entry. */
export function goHome(navigate: Navigate): void {
  const { home } = stateHere()
  if (home !== undefined && home > 0) history.go(-home - depthHere())
  else navigate('/', { replace: true })
}

/** Once the overlays that close and open together have done both: a menu leaves its entry to the dialog it opens. */
function settleSoon(): void {
  if (settling) return
  settling = true
  setTimeout(() => {
    settling = false
    settle()
  })
}

function settle(): void {
  if (traversing) return
  const depth = depthHere()
  const wanted = waiting.length > 0 ? 0 : open.length
  if (depth > wanted) {
    traversing = true
    setTimeout(arrive, traversalTimeoutMs)
    history.go(wanted - depth)
    return
  }
  const due = waiting
  waiting = []
  for (const go of due) go()
  for (let next = depthHere() + 1; next <= open.length; next++)
    history.pushState({ ...stateHere(), overlays: next }, '')
}

function arrive(): void {
  if (!traversing) return
  traversing = false
  settleSoon()
}

if (typeof window !== 'undefined') {
  addEventListener('popstate', () => {
    if (traversing) return arrive()
    for (const overlay of open.slice(depthHere()).toReversed()) overlay.close()
    // Forward leads to the entry of an overlay that is closed, and an overlay may have stayed open.
    settleSoon()
  })
  // After a reload the overlays of the last entry are closed.
  if (depthHere() > 0) settleSoon()
}
