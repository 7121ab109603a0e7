import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { Message } from '@parley/contract/entities'
import { useAwareness } from '../../state/awareness.ts'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import { nameOf, readUpTo, unreadCount } from '../../state/entries.ts'
import { hasOlder } from '../../state/histories.ts'
import { namesOf, usePeople } from '../../state/people.ts'
import { rowsOf } from '../../state/rows.ts'
import { Composer } from './composer.tsx'
import { ConversationHeader } from './conversation-header.tsx'
import { useFailure } from './failure.ts'
import { HistorySkeleton } from './history-skeleton.tsx'
import { MessageDialogs, type OpenDialog } from './message-dialogs.tsx'
import { MessageList } from './message-list.tsx'
import { Missing } from './missing.tsx'
import { useOpened } from './opened.ts'
import { useReadMark } from './read-mark.ts'
import { actionsOf } from './row-actions.ts'
import { beginningOf, labelsOf } from './page-texts.ts'
import { useWriting } from './writing.ts'
import type { Anchor } from '../../ui/menu.tsx'
import './conversation.css'

type ConversationPageProps = {
  id: string
  /** What tells who is in a group. */
  renderDetails: (close: () => void) => ReactNode
}

/** One conversation: what was said, and what I say next. Give it the conversation's id as its key. */
export function ConversationPage({ id, renderDetails }: ConversationPageProps) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const outbox = useMessengerState(({ outbox }) => outbox)
  // Not while the stream brings what came since: all of that is new together.
  const settled = useMessengerState(({ stream }) => stream === 'complete' || stream === 'waiting')
  const { entry, history, participants, missing } = useOpened(id)
  const [atEnd, setAtEnd] = useState(true)
  const [open, setOpen] = useState<OpenDialog | 'details' | null>(null)
  const [unreadFrom, setUnreadFrom] = useState<number | null | undefined>(undefined)
  const writing = useWriting(me, id)
  const { failure, fail } = useFailure()

  const ready = entry !== undefined && history?.loaded === true
  // The mark stays where it was when the conversation was opened, although all is read a moment later.
  if (ready && settled && unreadFrom === undefined)
    setUnreadFrom(unreadCount(entry) > 0 ? readUpTo(entry) + 1 : null)
  useReadMark(id, ready && settled && atEnd)

  const people = usePeople()
  const { typing, presence } = useAwareness()
  const others = useMemo(
    () => (participants?.list ?? []).flatMap(({ user }) => (user.id === me.id ? [] : [user])),
    [participants, me]
  )
  const rows = useMemo(() => {
    const place = { me, conversationId: id, unreadFrom: unreadFrom ?? null, participants: participants?.list }
    return history && rowsOf(history, outbox, place)
  }, [history, outbox, me, id, unreadFrom, participants])

  const { kind, role } = entry ?? {}
  const access = useMemo(() => (kind && role ? { kind, role } : null), [kind, role])
  const { addToDraft } = writing
  const actions = useMemo(
    () => ({
      retry: (clientId: string) => void messenger.outbox.retry(clientId),
      discard: (clientId: string) => void messenger.outbox.discard(clientId),
      takeBack({ clientId, content }: { clientId: string; content: string }) {
        addToDraft(content)
        void messenger.outbox.discard(clientId)
      },
      react: (...args: Parameters<typeof messenger.messages.react>) =>
        void messenger.messages.react(...args).catch(fail),
      hasMenu: (message: Message) => access !== null && actionsOf(message, access).size > 0,
      openMenu: (message: Message, anchor: Anchor) => setOpen({ kind: 'menu', message, anchor })
    }),
    [messenger, addToDraft, access, fail]
  )
  const backTo = useCallback((messageId: string) => messenger.loadBackTo(id, messageId), [messenger, id])

  if (missing) return <Missing title={missing.title} />

  async function send(content: string) {
    await writing.send(content)
    setUnreadFrom(null)
  }

  function editLast() {
    const last = history?.messages.findLast((message) => access && actionsOf(message, access).has('edit'))
    if (last) writing.edit(last)
  }

  const name = entry ? nameOf(entry) : ''
  const labels = labelsOf(entry)
  return (
    <section className="conversation" aria-label={labels.page}>
      <ConversationHeader
        entry={entry}
        presence={presence.get(entry?.otherParticipant?.id ?? '')}
        onDetails={() => setOpen('details')}
      />
      {ready && rows ? (
        <MessageList
          label={labels.messages}
          beginning={beginningOf(entry, history)}
          rows={rows}
          group={entry.kind === 'group'}
          me={me}
          people={people}
          typing={namesOf(typing.get(id) ?? [], people)}
          hasOlder={hasOlder(history)}
          onOlder={() => messenger.loadOlder(id)}
          onBackTo={backTo}
          onAtEnd={setAtEnd}
          onLeave={() => document.querySelector<HTMLElement>('.composer__field')?.focus()}
          actions={actions}
        />
      ) : (
        <HistorySkeleton />
      )}
      <p className="conversation__failure" role="alert">
        {failure}
      </p>
      <Composer
        name={name}
        text={writing.text}
        onText={writing.setText}
        onTyping={() => messenger.signals.sendTyping(id)}
        onSend={send}
        mode={writing.mode}
        onLeaveMode={writing.leaveMode}
        onEditLast={editLast}
        people={others}
        onMention={() => void messenger.groups.loadAllParticipants(id).catch(() => {})}
      />
      {open === 'details' && renderDetails(() => setOpen(null))}
      {open && open !== 'details' && entry && (
        <MessageDialogs
          open={{
            ...open,
            message: history?.messages.find(({ id }) => id === open.message.id) ?? open.message
          }}
          entry={entry}
          me={me}
          people={people}
          onOpen={setOpen}
          onReact={actions.react}
          onReply={writing.reply}
          onEdit={writing.edit}
        />
      )}
    </section>
  )
}
