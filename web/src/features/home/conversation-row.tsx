import { memo } from 'react'
import { Link } from 'wouter'
import type { User } from '@parley/contract/entities'
import { asWritten } from '../../lib/bidi.ts'
import { lineText } from '../../lib/line-texts.ts'
import { texts } from '../../lib/texts.ts'
import { fullTimeOf, shortTimeOf } from '../../lib/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { nameOf, unreadCount, unreadMentions } from '../../state/entries.ts'
import type { Entry } from '../../state/model.ts'

/** A conversation in the list: with whom, what was said last, what is unread. */
export const ConversationRow = memo(function ConversationRow({
  entry,
  me,
  open,
  typing,
  online
}: {
  entry: Entry
  me: User
  open: boolean
  /** Who is writing. */
  typing: string | null
  /** Whether the other one is here. */
  online: boolean
}) {
  const { id, kind, otherParticipant, lastMessage } = entry
  const unread = unreadCount(entry)
  const name = nameOf(entry)
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
          <span className="row__name" {...asWritten}>
            {name}
          </span>
          {online && <span className="unseen">{texts.presence.online}</span>}
          {lastMessage && (
            <time
              className="row__time"
              dateTime={lastMessage.createdAt}
              title={fullTimeOf(lastMessage.createdAt)}
            >
              {shortTimeOf(lastMessage.createdAt)}
            </time>
          )}
        </span>
        <span className="row__line">
          {typing === null ? (
            <LastMessage entry={entry} me={me} />
          ) : (
            <span className="row__last row__last--typing">{typing}</span>
          )}
          {unreadMentions(entry).length > 0 && (
            <span className="row__mention">
              <span aria-hidden="true">@</span>
              <span className="unseen">{texts.home.mentioned}</span>
            </span>
          )}
          {unread > 0 && (
            <span className="row__unread">
              <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
              <span className="unseen">{texts.home.unread(unread)}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  )
})

/** What was said last, and in a group by whom. */
function LastMessage({ entry: { kind, lastMessage }, me }: { entry: Entry; me: User }) {
  if (!lastMessage) return <span className="row__last" />
  const { mine, sender, content, change, deletedAt } = lastMessage
  if (change || deletedAt) {
    return (
      <span className="row__last row__last--told">
        {change ? lineText(lastMessage, me) : texts.message.deleted}
      </span>
    )
  }
  const by = mine ? texts.home.you : kind === 'group' ? texts.home.by(sender.username) : null
  return (
    <span className="row__last">
      {by !== null && <span className="row__by">{by}</span>}
      <span className="row__words" {...asWritten}>
        {content}
      </span>
    </span>
  )
}
