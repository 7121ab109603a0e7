import { memo } from 'react'
import type { OutboxItem } from '@parley/client'
import { isJumbo } from '../../lib/emoji.ts'
import { texts } from '../../lib/texts.ts'
import { dayOf, fullTimeOf, timeOf } from '../../lib/times.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Row } from '../../state/rows.ts'
import { FailedMessage } from './failed-message.tsx'
import { MessageText } from './message-text.tsx'
import './message-row.css'

type MessageRowProps = {
  row: Row
  name: string
  onRetry: (clientId: string) => void
  onEdit: (item: OutboxItem) => void
  onDiscard: (clientId: string) => void
}

/** A message, and what stands above it. */
export const MessageRow = memo(function MessageRow({
  row,
  name,
  onRetry,
  onEdit,
  onDiscard
}: MessageRowProps) {
  const { content, at, mine, pending, message } = row
  const looks = [
    'message',
    mine ? 'message--mine' : 'message--theirs',
    row.continues && 'message--continues',
    row.continued && 'message--continued',
    pending && 'message--pending',
    isJumbo(content) && 'message--jumbo'
  ]
  return (
    <>
      {row.startsDay && <p className="messages__day">{dayOf(at)}</p>}
      {row.startsUnread && <p className="messages__unread">{texts.conversation.unreadFrom}</p>}
      <div className={looks.filter(Boolean).join(' ')} data-position={message?.position}>
        <span className="unseen">{mine ? texts.message.mine : name}: </span>
        <div className="message__bubble">
          <div className="message__body" dir="auto">
            <MessageText content={content} time={timeOf(at)} />
            <span className="message__meta">
              <time dateTime={at} title={fullTimeOf(at)} dir="auto">
                {timeOf(at)}
              </time>
              {mine && <MessageState pending={pending} />}
            </span>
          </div>
        </div>
        {pending?.problem && (
          <FailedMessage
            problem={pending.problem}
            onRetry={() => onRetry(pending.clientId)}
            onEdit={() => onEdit(pending)}
            onDiscard={() => onDiscard(pending.clientId)}
          />
        )}
      </div>
    </>
  )
})

function MessageState({ pending }: { pending: OutboxItem | null }) {
  if (pending?.problem) return <Icon name="warning" size={14} />
  return (
    <>
      <Icon name={pending ? 'clock' : 'check'} size={14} />
      <span className="unseen">{pending ? texts.message.pending : texts.message.sent}</span>
    </>
  )
}
