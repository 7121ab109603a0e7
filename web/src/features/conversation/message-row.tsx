import { memo, useId, type MouseEvent } from 'react'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { asWritten } from '../../lib/bidi.ts'
import { isJumbo } from '../../lib/emoji.ts'
import { useLongPress } from '../../lib/long-press.ts'
import { useToday } from '../../lib/now.ts'
import { dayOf } from '../../lib/times.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { anchorBelow } from '../../ui/menu.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Row } from '../../state/model/rows.ts'
import { FailedMessage } from './failed-message.tsx'
import { MessageBubble } from './message-bubble.tsx'
import { Reactions } from './reactions.tsx'
import { Receipt } from './receipt.tsx'
import { messageOf, type RowActions } from './row-actions.ts'
import { SystemLine } from './system-line.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import { classNames } from '../../lib/class-names.ts'
import styles from './message-row.module.css'

type MessageRowProps = {
  row: Row
  group: boolean
  me: User
  people: ReadonlyMap<string, User>
  /** True for a moment after a jump to this row. */
  found: boolean
  actions: RowActions
}

/** A message, and what stands above and below it. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { row, me } = props
  return (
    <>
      {row.startsDay && <Day at={row.at} />}
      {row.startsUnread && <p className={styles.unread}>{t`New messages`}</p>}
      {row.message?.change ? (
        <SystemLine line={row.message} me={me} rowKey={row.key} />
      ) : (
        <WrittenRow {...props} />
      )}
    </>
  )
})

/** The day of the messages below it, as it is called today. */
function Day({ at }: { at: string }) {
  return <p className={styles.day}>{dayOf(at, useToday())}</p>
}

/** A message written by a user. */
function WrittenRow({ row, group, me, people, found, actions }: MessageRowProps) {
  const { mine, pending, message, sender } = row
  const subject = messageOf(row)
  // What was refused has its choices beside it.
  const hasMenu = !pending?.problem && actions.hasMenu(subject)
  const press = useLongPress((at) => {
    if (hasMenu) actions.openMenu(subject, at)
  })
  const name = mine ? t`You` : sender.username
  const id = useId()
  const named = group && !mine && !row.continues
  const looks = classNames(
    styles.row,
    mine ? styles.mine : styles.theirs,
    group && !mine && styles.withAvatar,
    row.continues && styles.continues,
    row.continued && styles.continued,
    message?.deletedAt && styles.deleted,
    found && styles.found,
    isJumbo(row.content) && !row.replyTo && styles.jumbo
  )

  function openMenu(event: MouseEvent) {
    // A link, and words that were marked, have a menu of the browser.
    const marked = getSelection()?.isCollapsed === false
    if (!hasMenu || marked || (event.target as Element).closest('a')) return
    event.preventDefault()
    actions.openMenu(subject, { x: event.clientX, y: event.clientY })
  }

  return (
    <div
      className={looks}
      role="article"
      data-part="message"
      data-mine={mine || undefined}
      // The feed pattern: who wrote it is its name, and what it says describes it, so that nothing is read twice.
      aria-labelledby={`${id}-${message?.deletedAt ? 'text' : 'name'}`}
      aria-describedby={message?.deletedAt ? undefined : `${id}-text`}
      tabIndex={-1}
      data-row={row.key}
      data-position={message?.position}
      onContextMenu={openMenu}
    >
      {!named && (
        <Unseen id={`${id}-name`} {...asWritten}>
          {name}
        </Unseen>
      )}
      <div className={styles.bubble} data-part="bubble" {...press}>
        {group && !mine && !row.continued && (
          <span className={styles.avatar}>
            <Avatar name={sender.username} url={sender.avatarURL} size="tiny" />
          </span>
        )}
        {named && (
          <p id={`${id}-name`} className={styles.name} data-part="author" {...asWritten}>
            {name}
          </p>
        )}
        <MessageBubble row={row} me={me} people={people} textId={`${id}-text`} onJump={actions.jumpTo} />
        {hasMenu && (
          <Button
            look="icon"
            className={styles.more}
            tabIndex={-1}
            aria-label={t`Message actions`}
            aria-haspopup="menu"
            onClick={(event) => {
              actions.openMenu(subject, anchorBelow(event.currentTarget))
            }}
          >
            <Icon name="more" />
          </Button>
        )}
      </div>
      {message?.reactions && (
        <Reactions
          reactions={message.reactions}
          me={me}
          people={people}
          onReact={(emoji, there) => actions.react(message, emoji, there)}
        />
      )}
      {row.readers.length > 0 && <Receipt readers={row.readers} group={group} />}
      {pending?.problem && (
        <FailedMessage
          problem={pending.problem}
          onRetry={() => actions.retry(pending.clientId)}
          // A forwarded text stays as its author wrote it.
          onEdit={pending.forwardOf ? undefined : () => actions.takeBack(pending)}
          onDiscard={() => actions.discard(pending.clientId)}
        />
      )}
    </div>
  )
}
