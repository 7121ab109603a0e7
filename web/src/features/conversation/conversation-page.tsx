import { useEffect, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { texts } from '../../lib/texts.ts'
import { Notice } from '../../ui/notice.tsx'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import { readUpTo, unreadCount } from '../../state/entries.ts'
import { hasOlder } from '../../state/histories.ts'
import { rowsOf } from '../../state/rows.ts'
import { Composer } from './composer.tsx'
import { ConversationHeader } from './conversation-header.tsx'
import { useDraft } from './draft.ts'
import { HistorySkeleton } from './history-skeleton.tsx'
import { MessageList } from './message-list.tsx'
import { useReadMark } from './read-mark.ts'
import './conversation.css'

/** One conversation: what was said, and what I say next. Give it the conversation's id as its key. */
export function ConversationPage({ id }: { id: string }) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const entry = useMessengerState(({ entries }) => entries[id])
  const history = useMessengerState(({ histories }) => histories[id])
  const outbox = useMessengerState(({ outbox }) => outbox)
  // Not while the stream brings what came since: all of that is new together.
  const settled = useMessengerState(({ stream }) => stream === 'complete' || stream === 'waiting')
  const [missing, setMissing] = useState(false)
  const [atEnd, setAtEnd] = useState(true)
  const [draft, setDraft] = useDraft(me.id, id)
  const [unreadFrom, setUnreadFrom] = useState<number | null | undefined>(undefined)

  useEffect(() => {
    let here = true
    messenger.openConversation(id).catch(() => {
      if (here) setMissing(true)
    })
    return () => {
      here = false
      messenger.closeConversation(id)
    }
  }, [messenger, id])

  const ready = entry !== undefined && history?.loaded === true
  // The mark stays where it was when the conversation was opened, although all is read a moment later.
  if (ready && settled && unreadFrom === undefined)
    setUnreadFrom(unreadCount(entry) > 0 ? readUpTo(entry) + 1 : null)
  useReadMark(id, ready && settled && atEnd)

  const rows = useMemo(
    () => history && rowsOf(history, outbox, { me, conversationId: id, unreadFrom: unreadFrom ?? null }),
    [history, outbox, me, id, unreadFrom]
  )

  if (missing) {
    const { missingTitle, missingDetail, home } = texts.conversation
    return (
      <Notice title={missingTitle} detail={missingDetail}>
        <Link className="button button--primary" href="/">
          {home}
        </Link>
      </Notice>
    )
  }

  async function send(content: string) {
    await messenger.send(id, content)
    setUnreadFrom(null)
  }

  const name = entry?.name ?? ''
  return (
    <section className="conversation" aria-label={texts.conversation.title(name)}>
      <ConversationHeader entry={entry ?? null} />
      {ready && rows ? (
        <MessageList
          name={name}
          rows={rows}
          hasOlder={hasOlder(history)}
          onOlder={() => messenger.loadOlder(id)}
          onAtEnd={setAtEnd}
          onRetry={(clientId) => void messenger.retry(clientId)}
          onDiscard={(clientId) => void messenger.discard(clientId)}
          onEdit={({ clientId, content }) => {
            setDraft(draft === '' ? content : `${draft}\n${content}`)
            void messenger.discard(clientId)
          }}
        />
      ) : (
        <HistorySkeleton />
      )}
      <Composer name={name} draft={draft} onDraft={setDraft} onSend={send} />
    </section>
  )
}
