import { useCallback, useSyncExternalStore } from 'react'
import { useMessenger } from './context.tsx'

/** Returns the beginning of what is written in a conversation that is not open; empty where nothing is. */
export function useDraftText(conversationId: string, open: boolean): string {
  const { drafts } = useMessenger()
  const subscribe = useCallback(
    (listener: () => void) => drafts.subscribe(conversationId, listener),
    [drafts, conversationId]
  )
  return useSyncExternalStore(subscribe, () => {
    if (open) return ''
    const { text, others } = drafts.get(conversationId)
    return (text.trim() || (others[0]?.text.trim() ?? '')).slice(0, 200)
  })
}
