import { useEffect } from 'react'
import { texts } from '../lib/texts.ts'
import { useMessengerState } from '../state/hooks/context.tsx'
import { unreadTotal } from '../state/model/entries.ts'

/** The title of the page tells how much is unread, also of a tab in the background. */
export function useTitle(): void {
  const unread = useMessengerState(({ entries }) => unreadTotal(entries))
  useEffect(() => {
    document.title = texts.title(unread)
    return () => {
      document.title = texts.title(0)
    }
  }, [unread])
}
