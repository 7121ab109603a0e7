import type { ChangeItem } from '@parley/client'
import { memo } from 'react'
import { Link } from 'wouter'
import type { User } from '@parley/contract/entities'
import { asWritten } from '../../lib/bidi.ts'
import { lineText } from '../../lib/line-texts.ts'
import { useToday } from '../../lib/now.ts'
import { texts } from '../../lib/texts.ts'
import { fullTimeOf, shortTimeOf } from '../../lib/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Icon } from '../../ui/icon.tsx'
import { nameOf, unreadCount, unreadMentions } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import type { Outgoing } from '../../state/model/outgoing.ts'
import { withChanges } from '../../state/model/pending-changes.ts'

/** A conversation in the list: with whom, what was said last, what is unread. */
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
  const unread = unreadCount(entry)
  const name = nameOf(entry)
  const at = outgoing?.last?.queuedAt ?? lastMessage?.createdAt
  return (
    <Link
      href={`/conversations/${id}`}
      className={`row ${unread > 0 ? 'row--unread' : ''}`}
      aria-current={open ? 'page' : undefined}
      data-conversation={id}
    >
      <Avatar
        name={name}
        url={otherParticipant?.avatarURL ?? null}
        groupId={kind === 'group' ? id : null}
        online={online}
      />
      <span className="row__text">
        <span className="row__line">
          <span className="row__name" data-part="name" {...asWritten}>
            {name}
          </span>
          {online && <span className="unseen">{texts.presence.online}</span>}
          {at !== undefined && (
            <time className="row__time" dateTime={at} title={fullTimeOf(at)}>
              {shortTimeOf(at, today)}
            </time>
          )}
        </span>
        <span className="row__line">
          {typing !== null && !outgoing?.failed ? (
            <span className="row__last row__last--typing" data-part="last">
              {typing}
            </span>
          ) : (
            <span className="row__last" data-part="last">
              {outgoing && <OutgoingMark outgoing={outgoing} />}
              {outgoing?.last ? (
                <Words by={texts.home.you}>{outgoing.last.content}</Words>
              ) : (
                <LastMessage entry={entry} changes={changes} me={me} />
              )}
            </span>
          )}
          {unreadMentions(entry).length > 0 && (
            <span className="row__mention">
              <span aria-hidden="true">@</span>
              <span className="unseen">{texts.home.mentioned}</span>
            </span>
          )}
          {unread > 0 && (
            <span className="row__unread" data-part="unread">
              <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
              <span className="unseen">{texts.home.unread(unread)}</span>
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
      <span className={`row__state ${failed ? 'row__state--failed' : ''}`}>
        <Icon name={failed ? 'warning' : 'clock'} size={14} />
        {failed && (last?.problem ? texts.home.notSent : texts.home.notSaved)}
      </span>
      {!failed && <span className="unseen">{last ? texts.message.pending : texts.message.saving}</span>}
    </>
  )
}

/** What was said last, and in a group by whom. */
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
      <span className="row__words row__last--told" data-part="words">
        {change ? lineText(lastMessage, me) : texts.message.deleted}
      </span>
    )
  }
  return (
    <Words by={mine ? texts.home.you : kind === 'group' ? texts.home.by(sender.username) : null}>
      {content}
    </Words>
  )
}

/** A line of what was said, after the name of who said it. */
export function Words({ by, children }: { by: string | null; children: string }) {
  return (
    <>
      {by !== null && <span className="row__by">{by}</span>}
      <span className="row__words" data-part="words" {...asWritten}>
        {children}
      </span>
    </>
  )
}
