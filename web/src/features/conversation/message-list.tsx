import { memo, useLayoutEffect, useMemo, useRef, useState, type UIEvent } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { User } from '@parley/contract/people'
import { typed } from '../../lib/keys.ts'
import { anchorBelow } from '../../ui/menu.tsx'
import type { Row } from '../../state/model/rows.ts'
import { EarlierMessages, earlierHeight } from './earlier-messages.tsx'
import { JumpButton } from './jump-button.tsx'
import { useMessageFocus } from './message-focus.ts'
import { MessageRow } from './message-row.tsx'
import { usePin } from './pin.ts'
import { messageOf, type RowActions } from './row-actions.ts'
import { TypingHere } from './typing-line.tsx'
import styles from './message-list.module.css'

type MessageListProps = {
  label: string
  /** What stands above the first message that I may see. */
  beginning: string
  rows: readonly Row[]
  group: boolean
  me: User
  people: ReadonlyMap<string, User>
  conversationId: string
  hasOlder: boolean
  onOlder: () => Promise<void>
  /** Fetches what is older, back to a message. */
  onBackTo: (messageId: string) => Promise<void>
  /** Whether the newest message is in sight. */
  onAtEnd: (atEnd: boolean) => void
  /** Escape: back to writing. */
  onLeave: () => void
  actions: Omit<RowActions, 'jumpTo'>
}

/** Distance to the top at which the next page is fetched, px. */
const reach = 800

/** The messages. Only visible rows are in the page, so that a long history scrolls like a short one. */
export const MessageList = memo(function MessageList(props: MessageListProps) {
  const { label, beginning, rows, group, me, people, hasOlder, onOlder, onBackTo, onAtEnd, onLeave } = props
  const [loading, setLoading] = useState(false)
  const list = useRef<VirtualizerHandle>(null)
  const { scroller, content, pinned, toEnd, letGo, look } = usePin(onAtEnd)
  const newest = newestPosition(rows)
  const focus = useMessageFocus({
    rows,
    scroller,
    list,
    toEnd,
    letGo,
    onRest: look,
    onMenu(row, element) {
      const anchor = anchorBelow(element.querySelector('[data-part=bubble]') ?? element)
      const message = messageOf(row)
      if (!row.pending?.problem && props.actions.hasMenu(message)) props.actions.openMenu(message, anchor)
    },
    onLeave
  })

  // Rows that came in above keep what is in sight where it is.
  const [shown, setShown] = useState({ rows, shift: false })
  if (shown.rows !== rows) {
    const grown = rows.length > shown.rows.length
    setShown({ rows, shift: grown && rows[0]?.key !== shown.rows[0]?.key })
  }

  const [seen, setSeen] = useState(newest)
  if (pinned && seen !== newest) setSeen(newest)

  // What I write is to be seen, wherever I was.
  const written = rows.at(-1)?.pending?.clientId
  useLayoutEffect(() => {
    if (written !== undefined) toEnd()
  }, [written, toEnd])

  // A message that is to be shown once it is here.
  const [wanted, setWanted] = useState<string | null>(null)
  const there = wanted === null ? undefined : rows.find(({ message }) => message?.id === wanted)
  if (there) {
    setWanted(null)
    focus.goTo(there)
  }

  const { actions: given } = props
  const actions = useMemo(
    () => ({
      ...given,
      jumpTo(messageId: string) {
        setWanted(messageId)
        onBackTo(messageId).catch(() => setWanted(null))
      }
    }),
    [given, onBackTo]
  )

  function loadOlder() {
    if (!hasOlder || loading) return
    setLoading(true)
    onOlder()
      .catch(() => {})
      .finally(() => setLoading(false))
  }

  function scroll(event: UIEvent<HTMLElement>) {
    const awayFromEnd = look()
    if (awayFromEnd && event.currentTarget.scrollTop < reach) loadOlder()
  }

  const missed = rows.filter(
    ({ mine, message }) => !mine && message !== null && message.position > seen
  ).length
  return (
    <div className={styles.frame}>
      {/* The keyboard scrolls it too, and leads from message to message. */}
      <div
        ref={scroller}
        className={styles.scroller}
        data-part="messages"
        role="region"
        tabIndex={0}
        onScroll={scroll}
        onKeyDown={(event) => typed(event, focus.press)}
        aria-label={label}
      >
        <div ref={content} className={styles.content}>
          <div className={styles.space} />
          <EarlierMessages beginning={beginning} hasOlder={hasOlder} loading={loading} onOlder={loadOlder} />
          <Virtualizer
            ref={list}
            as="ol"
            item="li"
            data={rows}
            scrollRef={scroller}
            startMargin={earlierHeight}
            shift={shown.shift}
            bufferSize={400}
            keepMounted={focus.mounted}
          >
            {(row) => (
              <MessageRow
                key={row.key}
                row={row}
                group={group}
                me={me}
                people={people}
                found={row.key === focus.found}
                actions={actions}
              />
            )}
          </Virtualizer>
        </div>
      </div>
      <TypingHere id={props.conversationId} people={people} />
      {!pinned && <JumpButton missed={missed} onJump={toEnd} />}
    </div>
  )
})

function newestPosition(rows: readonly Row[]): number {
  return rows.findLast(({ message }) => message !== null)?.message?.position ?? 0
}
