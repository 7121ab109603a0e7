import { useSyncExternalStore } from 'react'

/** Returns whether the user is looking at this page: it is visible and has the focus. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, () => document.visibilityState === 'visible' && document.hasFocus())
}

function subscribe(onChange: () => void): () => void {
  addEventListener('focus', onChange)
  addEventListener('blur', onChange)
  document.addEventListener('visibilitychange', onChange)
  return () => {
    removeEventListener('focus', onChange)
    removeEventListener('blur', onChange)
    document.removeEventListener('visibilitychange', onChange)
  }
}
