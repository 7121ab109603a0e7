import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { fullTimeOf, timeOf } from '../../lib/times.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Row } from '../../state/model/rows.ts'
import { MessageText } from './message-text.tsx'
import { QuoteBlock } from './quote.tsx'
import { classNames } from '../../lib/class-names.ts'
import { Unseen } from '../../ui/unseen.tsx'
import textStyles from './message-text.module.css'
import styles from './message-bubble.module.css'

/** What a message says, what it answers, and when it was said; a tombstone where it was deleted. */
export function MessageBubble({
  row,
  me,
  people,
  textId,
  onJump
}: {
  row: Row
  me: User
  people: ReadonlyMap<string, User>
  /** Id of the element with the words, which describes the message. */
  textId?: string
  onJump: (messageId: string) => void
}) {
  const { content, at, mine, message, pending, changing, replyTo, forwardedFrom } = row
  const deleted = message?.deletedAt !== undefined
  const hasState = changing || (mine && !deleted)
  const time = message?.editedAt && !deleted ? `${t`edited`} ${timeOf(at)}` : timeOf(at)
  const names = (message?.mentions ?? []).flatMap((id) => people.get(id)?.username ?? [])
  return (
    <>
      {forwardedFrom && (
        <p className={styles.forwarded}>
          <Icon name="forward" size={14} />
          {t`Forwarded from ${{ name: isolate(forwardedFrom.username) }}`}
        </p>
      )}
      {replyTo && (
        <QuoteBlock quote={replyTo} mine={replyTo.sender.id === me.id} onJump={() => onJump(replyTo.id)} />
      )}
      <div className={classNames(styles.body, hasState && styles.withState)} data-part="body" dir="auto">
        {deleted ? (
          <p
            id={textId}
            className={classNames(textStyles.text, textStyles.deleted)}
            data-part="text"
            data-time={time}
          >
            {t`This message was deleted`}
          </p>
        ) : (
          <MessageText id={textId} content={content} time={time} names={names} />
        )}
        <span className={styles.meta} data-part="meta">
          <time dateTime={at} title={fullTimeOf(at)} dir="auto">
            {time}
          </time>
          {hasState && <MessageState pending={pending} changing={changing} />}
        </span>
      </div>
    </>
  )
}

function MessageState({ pending, changing }: Pick<Row, 'pending' | 'changing'>) {
  if (pending?.problem) return <Icon name="warning" size={14} />
  return (
    <>
      <Icon name={pending || changing ? 'clock' : 'check'} size={14} />
      <Unseen>{pending ? t`Sending` : changing ? t`Saving` : t`Sent`}</Unseen>
    </>
  )
}
