import { useEffect } from 'react'
import { appName } from '../lib/app-name.ts'
import { formatNumber } from '../lib/formats.ts'
import { useMessengerState } from '../state/hooks/context.tsx'
import { unreadTotal } from '../state/model/entries.ts'

/** The title of the page tells how much is unread, also of a tab in the background. */
export function useTitle(): void {
  const unread = useMessengerState(({ entries }) => unreadTotal(entries))
  useEffect(() => {
    document.title = unread > 0 ? `(${formatNumber(unread)}) ${appName}` : appName
    return () => {
      document.title = appName
    }
  }, [unread])
}
