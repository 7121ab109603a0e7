import { reportFault } from '@parley/client/failures'
import { useEffect } from 'react'
import { useAttention } from '../../lib/attention.ts'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { unreadCount } from '../../state/model/entries.ts'

/** Marks the conversation read when the user looks at its newest message. */
export function useReadMark(conversationId: string, atEnd: boolean): void {
  const messenger = useMessenger()
  const attentive = useAttention()
  const unread = useMessengerState(({ entries }) => {
    const entry = entries[conversationId]
    return entry ? unreadCount(entry) : 0
  })
  useEffect(() => {
    if (attentive && atEnd && unread > 0) messenger.markRead(conversationId).catch(reportFault)
  }, [messenger, conversationId, attentive, atEnd, unread])
}
