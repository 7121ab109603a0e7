import { memo } from 'react'
import { Link } from 'wouter'
import { texts } from '../../lib/texts.ts'
import { fullTimeOf, shortTimeOf } from '../../lib/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { unreadCount } from '../../state/entries.ts'
import type { Entry } from '../../state/model.ts'

/** A conversation in the list: with whom, what was said last, what is unread. */
export const ConversationRow = memo(function ConversationRow({
  entry,
  open
}: {
  entry: Entry
  open: boolean
}) {
  const { id, name, avatarURL, lastMessage } = entry
  const unread = unreadCount(entry)
  return (
    <Link
      href={`/conversations/${id}`}
      className={`row ${unread > 0 ? 'row--unread' : ''}`}
      aria-current={open ? 'page' : undefined}
      data-conversation={id}
    >
      <Avatar name={name} url={avatarURL} />
      <span className="row__text">
        <span className="row__line">
          <span className="row__name" dir="auto">
            {name}
          </span>
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
          <span className="row__last" dir="auto">
            {lastMessage?.mine && <span className="row__you">{texts.home.you}</span>}
            {lastMessage?.content}
          </span>
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
