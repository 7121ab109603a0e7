/**
 * What lies over the page: each open dialog, menu and panel has an entry of its own in the browser's history, so that
 * Back closes the topmost one before it leaves the conversation. One that closes otherwise leaves a spare entry: the
 * next overlay or page takes its place, and Back passes over it.
 */
type Overlay = { close: () => void }

/** What an entry of the history says: how many overlays it is for, and how many entries lie between it and the list. */
type EntryState = { overlays?: number; home?: number }

type Navigate = (to: string, options?: NavigateOptions) => void
type NavigateOptions = { replace?: boolean; state?: unknown }

const open: Overlay[] = []
const stateHere = () => (history.state ?? {}) as EntryState
const placeHere = () => ({ path: location.pathname, depth: stateHere().overlays ?? 0 })
const homeHere = () => stateHere().home ?? (location.pathname === '/' ? 0 : undefined)

/** Registers an overlay; returns the function to call when it is closed. `close` asks the overlay to close. */
export function openOverlay(close: () => void): () => void {
  const overlay = { close }
  open.push(overlay)
  if (placeHere().depth < open.length) {
    const home = homeHere()
    const state: EntryState = { overlays: open.length, ...(home !== undefined && { home: home + 1 }) }
    history.pushState(state, '')
    last = placeHere()
  }
  return () => {
    open.splice(open.indexOf(overlay), 1)
  }
}

/** Asks the topmost overlay to close. */
export function closeTopmost(): void {
  open.at(-1)?.close()
}

/** Whether a dialog, menu or panel is open. */
export function hasOverlay(): boolean {
  return open.length > 0
}

/** Navigates; the new page takes the place of an overlay's entry. */
export function navigateOver(navigate: Navigate, to: string, options: NavigateOptions = {}): void {
  const replace = options.replace === true || placeHere().depth > 0
  const home = homeHere()
  const steps = to === '/' ? 0 : home === undefined || replace ? home : home + 1
  navigate(to, { replace, state: steps === undefined ? null : ({ home: steps } satisfies EntryState) })
  last = placeHere()
}

/** Goes back to the list: over its entry in the history where there is one, else in place of the current entry. */
export function goHome(navigate: Navigate): void {
  const { home } = stateHere()
  if (home !== undefined && home > 0) history.go(-home)
  else navigate('/', { replace: true })
}

let last = { path: '', depth: 0 }
if (typeof window !== 'undefined') {
  last = placeHere()
  addEventListener('popstate', () => {
    const from = last
    last = placeHere()
    const { path, depth } = last
    if (open.length > depth) {
      for (const overlay of open.slice(depth).toReversed()) overlay.close()
    } else if (path === from.path && depth < from.depth) {
      // Back from a spare entry: on to what it was meant for.
      history.go(open.length - depth - 1)
    }
  })
}
