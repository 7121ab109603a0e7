import { createStore, type StoreApi } from 'zustand/vanilla'

/** Whether a newer version of the app than this tab's can be loaded. */
export const update: StoreApi<{ ready: boolean }> = createStore(() => ({ ready: false }))

const checkEveryMs = 60 * 60_000
/** How long a waiting service worker may take to become active, ms. */
const activationMs = 10_000

let registration: ServiceWorkerRegistration | null = null

/** Makes this tab offer to load a newer version. */
export function announceUpdate(): void {
  update.setState({ ready: true })
}

/** Registers the service worker, and looks for a newer one every hour and when the tab is looked at again. */
export async function watchForUpdates(): Promise<void> {
  const { serviceWorker } = navigator
  const first = serviceWorker.controller === null
  const registered = await serviceWorker.register('/service-worker.js')
  registration = registered
  let controlled = !first
  serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page of its own version; a later one was activated by another tab.
    if (controlled) announceUpdate()
    controlled = true
  })
  const look = () => {
    if (registered.waiting && serviceWorker.controller) announceUpdate()
  }
  registered.addEventListener('updatefound', () =>
    registered.installing?.addEventListener('statechange', look)
  )
  look()

  let checkedAt = performance.now()
  const check = () => {
    if (document.visibilityState !== 'visible' || performance.now() - checkedAt < checkEveryMs) return
    checkedAt = performance.now()
    registered.update().catch(() => {})
  }
  setInterval(check, checkEveryMs)
  document.addEventListener('visibilitychange', check)
}

/** Loads the page again, in the newest version that this browser has. */
export async function reloadApp(): Promise<void> {
  const waiting = registration?.waiting
  if (waiting) {
    await new Promise<void>((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true })
      setTimeout(resolve, activationMs)
      waiting.postMessage('activate')
    })
  }
  location.reload()
}
