import { useLayoutEffect, useState, type UIEvent } from 'react'
import { Virtualizer } from 'virtua'
import type { OutboxItem } from '@parley/client'
import { texts } from '../../lib/texts.ts'
import type { Row } from '../../state/rows.ts'
import { EarlierMessages, earlierHeight } from './earlier-messages.tsx'
import { JumpButton } from './jump-button.tsx'
import { MessageRow } from './message-row.tsx'
import { usePin } from './pin.ts'

type MessageListProps = {
  name: string
  rows: readonly Row[]
  hasOlder: boolean
  onOlder: () => Promise<void>
  /** Whether the newest message is in sight. */
  onAtEnd: (atEnd: boolean) => void
  onRetry: (clientId: string) => void
  onEdit: (item: OutboxItem) => void
  onDiscard: (clientId: string) => void
}

/** Distance to the top at which the next page is fetched, px. */
const reach = 800

/** What was said: only what is in sight is in the page, so that a long history scrolls like a short one. */
export function MessageList({
  name,
  rows,
  hasOlder,
  onOlder,
  onAtEnd,
  onRetry,
  onEdit,
  onDiscard
}: MessageListProps) {
  const [loading, setLoading] = useState(false)
  const { scroller, content, pinned, toEnd, look } = usePin(onAtEnd)
  const newest = newestPosition(rows)

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
    <div className="messages__frame">
      {/* The keyboard scrolls it too. */}
      <div
        ref={scroller}
        className="messages"
        role="region"
        tabIndex={0}
        onScroll={scroll}
        aria-label={texts.conversation.messages(name)}
      >
        <div ref={content} className="messages__content">
          <div className="messages__space" />
          <EarlierMessages name={name} hasOlder={hasOlder} loading={loading} onOlder={loadOlder} />
          <Virtualizer
            as="ol"
            item="li"
            data={rows}
            scrollRef={scroller}
            startMargin={earlierHeight}
            shift={shown.shift}
            bufferSize={400}
          >
            {(row) => (
              <MessageRow
                key={row.key}
                row={row}
                name={name}
                onRetry={onRetry}
                onEdit={onEdit}
                onDiscard={onDiscard}
              />
            )}
          </Virtualizer>
        </div>
      </div>
      {!pinned && <JumpButton missed={missed} onJump={toEnd} />}
    </div>
  )
}

function newestPosition(rows: readonly Row[]): number {
  return rows.findLast(({ message }) => message !== null)?.message?.position ?? 0
}
