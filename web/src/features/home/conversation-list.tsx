import { useMemo } from 'react'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import { listedEntries } from '../../state/entries.ts'
import { ConversationRow } from './conversation-row.tsx'

/** My conversations, the newest first. */
export function ConversationList({ openId }: { openId: string | null }) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const ready = useMessengerState(({ cursor }) => cursor !== null)
  const entries = useMessengerState(({ entries }) => entries)
  const listedDownTo = useMessengerState(({ listedDownTo }) => listedDownTo)
  const listed = useMemo(() => listedEntries(entries, listedDownTo), [entries, listedDownTo])

  if (!ready) return <ListSkeleton />
  if (listed.length === 0) {
    return <Notice level={2} title={texts.home.emptyTitle} detail={texts.home.emptyDetail} />
  }
  return (
    <nav className="list" aria-label={texts.home.conversations}>
      <ul>
        {listed.map((entry) => (
          <li key={entry.id}>
            <ConversationRow entry={entry} me={me} open={entry.id === openId} />
          </li>
        ))}
      </ul>
      {listedDownTo !== null && (
        <Button
          look="quiet"
          className="list__more"
          onClick={() => void messenger.loadMoreConversations().catch(() => {})}
        >
          {texts.home.loadMore}
        </Button>
      )}
    </nav>
  )
}

function ListSkeleton() {
  return (
    <div className="list" role="status" aria-label={texts.loading}>
      {['62%', '78%', '48%', '70%', '56%'].map((width) => (
        <div key={width} className="row row--skeleton">
          <span className="row__shape skeleton" aria-hidden="true" />
          <span className="row__text">
            <Skeleton width="34%" />
            <Skeleton width={width} />
          </span>
        </div>
      ))}
    </div>
  )
}
