import type { ChangeItem } from '@parley/client'
import { memo, type ReactNode } from 'react'
import { Link } from 'wouter'
import type { User } from '@parley/contract/people'
import { plural, t } from '@lingui/core/macro'
import { asWritten, isolate } from '../../lib/bidi.ts'
import { classNames } from '../../lib/class-names.ts'
import { formatNumber } from '../../lib/formats.ts'
import { lineText } from '../../lib/line-texts.ts'
import { useToday } from '../../lib/now.ts'
import { fullTimeOf, shortTimeOf } from '../../lib/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Icon } from '../../ui/icon.tsx'
import { nameOf, unreadCount, unreadMentions } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import type { Outgoing } from '../../state/model/outgoing.ts'
import { withChanges } from '../../state/model/pending-changes.ts'
import { useDraftText } from '../../state/hooks/draft-text.ts'
import { Unseen } from '../../ui/unseen.tsx'
import styles from './conversation-row.module.css'

/** A conversation in the list: its name, last message and unread count. */
export const ConversationRow = memo(function ConversationRow({
  entry,
  outgoing,
  changes,
  me,
  open,
  typing,
  online
}: {
  entry: Entry
  /** Its unacknowledged items; null if there are none. */
  outgoing: Outgoing | null
  /** Pending changes of its last message. */
  changes: readonly ChangeItem[]
  me: User
  open: boolean
  /** Who is writing. */
  typing: string | null
  /** Whether the other one is here. */
  online: boolean
}) {
  const { id, kind, otherParticipant, lastMessage } = entry
  const today = useToday()
  const draft = useDraftText(id, open)
  const unread = unreadCount(entry)
  const name = nameOf(entry)
  const at = outgoing?.last?.queuedAt ?? lastMessage?.createdAt
  return (
    <Link
      href={`/conversations/${id}`}
      className={classNames(styles.row, styles.link, unread > 0 && styles.isUnread)}
      aria-current={open ? 'page' : undefined}
      data-conversation={id}
    >
      <Avatar
        name={name}
        url={otherParticipant?.avatarURL ?? null}
        groupId={kind === 'group' ? id : null}
        online={online}
      />
      <span className={styles.text}>
        <span className={styles.line}>
          <span className={styles.name} data-part="name" {...asWritten}>
            {name}
          </span>
          {online && <Unseen>{t`online`}</Unseen>}
          {at !== undefined && (
            <time className={styles.time} dateTime={at} title={fullTimeOf(at)}>
              {shortTimeOf(at, today)}
            </time>
          )}
        </span>
        <span className={styles.line}>
          {typing !== null && !outgoing?.failed ? (
            <span className={classNames(styles.last, styles.typing)} data-part="last">
              {typing}
            </span>
          ) : (
            <span className={styles.last} data-part="last">
              {outgoing && <OutgoingMark outgoing={outgoing} />}
              {!outgoing && draft !== '' ? (
                <Words by={<span className={styles.draft}>{t`Draft:`}</span>}>{draft}</Words>
              ) : outgoing?.last ? (
                <Words by={t`You:`}>{outgoing.last.content}</Words>
              ) : (
                <LastMessage entry={entry} changes={changes} me={me} />
              )}
            </span>
          )}
          {unreadMentions(entry).length > 0 && (
            <span className={styles.mention}>
              <span aria-hidden="true">@</span>
              <Unseen>{t`You were mentioned`}</Unseen>
            </span>
          )}
          {unread > 0 && (
            <span className={styles.unread} data-part="unread">
              <span aria-hidden="true">{unreadText(unread)}</span>
              <Unseen>
                {plural({ count: unread }, { one: '# unread message', other: '# unread messages' })}
              </Unseen>
            </span>
          )}
        </span>
      </span>
    </Link>
  )
})

/** Says that the last message is pending, or that the server refused something. */
export function OutgoingMark({ outgoing: { failed, last } }: { outgoing: Outgoing }) {
  return (
    <>
      <span className={classNames(styles.state, failed && styles.failed)}>
        <Icon name={failed ? 'warning' : 'clock'} size={14} />
        {failed && (last?.problem ? t`Not sent` : t`Not saved`)}
      </span>
      {!failed && <Unseen>{last ? t`Sending` : t`Saving`}</Unseen>}
    </>
  )
}

/** The last message, and in a group its sender. */
function LastMessage({
  entry: { kind, lastMessage },
  changes,
  me
}: {
  entry: Entry
  changes: readonly ChangeItem[]
  me: User
}) {
  if (!lastMessage) return null
  const { mine, sender, content, change, deletedAt } = withChanges(lastMessage, changes, me)
  if (change || deletedAt) {
    return (
      <span className={classNames(styles.words, styles.notice)} data-part="words">
        {change ? lineText(lastMessage, me) : t`This message was deleted`}
      </span>
    )
  }
  return (
    <Words by={mine ? t`You:` : kind === 'group' ? t`${{ name: isolate(sender.username) }}:` : null}>
      {content}
    </Words>
  )
}

/** A message's text after its sender's name. */
export function Words({ by, children }: { by: ReactNode; children: string }) {
  return (
    <>
      {by !== null && <span className={styles.by}>{by} </span>}
      <span className={styles.words} data-part="words" {...asWritten}>
        {children}
      </span>
    </>
  )
}

/** A count that fits its badge. */
function unreadText(unread: number): string {
  return unread > 99 ? t`${{ number: formatNumber(99) }}+` : formatNumber(unread)
}
