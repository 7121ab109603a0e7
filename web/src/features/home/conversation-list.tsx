import type { ChangeItem } from '@parley/client'
import { useMemo } from 'react'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { typingText } from '../../lib/typing-texts.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useAwareness } from '../../state/hooks/awareness.ts'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { listedEntries } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import { outgoingOf } from '../../state/model/outgoing.ts'
import { pendingChanges } from '../../state/model/pending-changes.ts'
import { usePeople } from '../../state/hooks/people.ts'
import { namesOf } from '../../state/model/people.ts'
import { ConversationRow } from './conversation-row.tsx'
import { UnlistedRow } from './unlisted-row.tsx'
import rowStyles from './conversation-row.module.css'
import styles from './conversation-list.module.css'

const none: readonly ChangeItem[] = []

/** My conversations, the newest first. */
export function ConversationList({ openId }: { openId: string | null }) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const ready = useMessengerState(({ cursor }) => cursor !== null)
  const entries = useMessengerState(({ entries }) => entries)
  const listedDownTo = useMessengerState(({ listedDownTo }) => listedDownTo)
  const { typing, presence } = useAwareness()
  const people = usePeople()
  const outbox = useMessengerState(({ outbox }) => outbox)
  const acknowledged = useMessengerState(({ acknowledged }) => acknowledged)
  const outgoing = useMemo(() => outgoingOf(outbox), [outbox])
  const changes = useMemo(() => pendingChanges({ outbox, acknowledged }), [outbox, acknowledged])
  const listed = useMemo(
    () => listedEntries(entries, listedDownTo, outgoing),
    [entries, listedDownTo, outgoing]
  )

  // Refused in a conversation that is not mine any more, or not known here yet: nothing else leads there.
  const unlisted = Array.from(outgoing).filter(([id, { failed }]) => failed && entries[id] === undefined)

  if (!ready) return <ListSkeleton />
  if (listed.length === 0 && unlisted.length === 0) {
    return (
      <Notice level={2} title={t`No conversations yet`} detail={t`Enter a username above to start one.`} />
    )
  }
  return (
    <nav className={styles.list} aria-label={t`Conversations`}>
      <ul>
        {unlisted.map(([id, outgoing]) => (
          <li key={id}>
            <UnlistedRow id={id} outgoing={outgoing} open={id === openId} />
          </li>
        ))}
        {listed.map((entry) => (
          <li key={entry.id}>
            <ConversationRow
              entry={entry}
              outgoing={outgoing.get(entry.id) ?? null}
              changes={changes.get(entry.lastMessage?.id ?? '') ?? none}
              me={me}
              open={entry.id === openId}
              typing={typingIn(entry, typing.get(entry.id), people)}
              online={presence.get(entry.otherParticipant?.id ?? '')?.online === true}
            />
          </li>
        ))}
      </ul>
      {listedDownTo !== null && (
        <Button
          look="quiet"
          className={styles.more}
          onClick={() => {
            messenger.loadMoreConversations().catch(() => {})
          }}
        >
          {t`Show more conversations`}
        </Button>
      )}
    </nav>
  )
}

/** Who is writing in a conversation, as a text. */
function typingIn(
  { kind }: Entry,
  userIds: readonly string[] | undefined,
  people: ReadonlyMap<string, User>
): string | null {
  if (!userIds) return null
  return kind === 'group' ? typingText(namesOf(userIds, people)) : t`typing…`
}

function ListSkeleton() {
  return (
    <div className={styles.list} role="status" aria-label={t`Loading`}>
      {['62%', '78%', '48%', '70%', '56%'].map((width) => (
        <div key={width} className={rowStyles.row}>
          <Skeleton className={styles.shape} />
          <span className={rowStyles.text}>
            <Skeleton width="34%" />
            <Skeleton width={width} />
          </span>
        </div>
      ))}
    </div>
  )
}
