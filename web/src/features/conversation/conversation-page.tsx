import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Message } from '@parley/contract/entities'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import { nameOf, readUpTo, unreadCount } from '../../state/entries.ts'
import { hasOlder } from '../../state/histories.ts'
import { usePeople } from '../../state/people.ts'
import { rowsOf } from '../../state/rows.ts'
import { focusComposer, useTypingAnywhere } from './composer-focus.ts'
import { ConversationComposer, type ComposerHandle } from './conversation-composer.tsx'
import { HeaderHere } from './conversation-header.tsx'
import { HistorySkeleton } from './history-skeleton.tsx'
import { MessageDialogs, type OpenDialog } from './message-dialogs.tsx'
import { MessageList } from './message-list.tsx'
import { Missing } from './missing.tsx'
import { Note, useNote } from './note.tsx'
import { useOpened } from './opened.ts'
import { useReadMark } from './read-mark.ts'
import { actionsOf } from './row-actions.ts'
import { rowKeeper } from './row-keeper.ts'
import { beginningOf, labelsOf } from './page-texts.ts'
import { DialogPart } from '../../ui/dialog-part.tsx'
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
  const composer = useRef<ComposerHandle>(null)
  const { note, tell, fail } = useNote()

  const ready = entry !== undefined && history?.loaded === true
  // The mark stays where it was when the conversation was opened, although all is read a moment later.
  if (ready && settled && unreadFrom === undefined)
    setUnreadFrom(unreadCount(entry) > 0 ? readUpTo(entry) + 1 : null)
  useReadMark(id, ready && settled && atEnd)

  useTypingAnywhere()
  const people = usePeople()
  const [keep] = useState(rowKeeper)
  const rows = useMemo(() => {
    const place = { me, conversationId: id, unreadFrom: unreadFrom ?? null, participants: participants?.list }
    return history && keep(rowsOf(history, outbox, place))
  }, [keep, history, outbox, me, id, unreadFrom, participants])

  const { kind, role } = entry ?? {}
  const access = useMemo(() => (kind && role ? { kind, role } : null), [kind, role])
  const actions = useMemo(
    () => ({
      retry: (clientId: string) => void messenger.outbox.retry(clientId),
      discard: (clientId: string) => void messenger.outbox.discard(clientId),
      takeBack({ clientId, content }: { clientId: string; content: string }) {
        composer.current?.addToDraft(content)
        void messenger.outbox.discard(clientId)
      },
      react: (...args: Parameters<typeof messenger.messages.react>) =>
        void messenger.messages.react(...args).catch(fail),
      hasMenu: (message: Message) => access !== null && actionsOf(message, access).size > 0,
      openMenu: (message: Message, anchor: Anchor) => setOpen({ kind: 'menu', message, anchor })
    }),
    [messenger, access, fail]
  )
  const backTo = useCallback((messageId: string) => messenger.loadBackTo(id, messageId), [messenger, id])
  const loadOlder = useCallback(() => messenger.loadOlder(id), [messenger, id])

  if (missing) return <Missing title={missing.title} />

  const lastEditable = () =>
    history?.messages.findLast((message) => access && actionsOf(message, access).has('edit'))
  const name = entry ? nameOf(entry) : ''
  const labels = labelsOf(entry)
  return (
    <section className="conversation" aria-label={labels.page}>
      <HeaderHere entry={entry} onDetails={() => setOpen('details')} />
      {ready && rows ? (
        <MessageList
          label={labels.messages}
          beginning={beginningOf(entry, history)}
          rows={rows}
          group={entry.kind === 'group'}
          me={me}
          people={people}
          conversationId={id}
          hasOlder={hasOlder(history)}
          onOlder={loadOlder}
          onBackTo={backTo}
          onAtEnd={setAtEnd}
          onLeave={focusComposer}
          actions={actions}
        />
      ) : (
        <HistorySkeleton />
      )}
      <Note note={note} />
      <ConversationComposer
        ref={composer}
        conversationId={id}
        me={me}
        name={name}
        lastEditable={lastEditable}
        onSent={() => setUnreadFrom(null)}
      />
      {open === 'details' && renderDetails(() => setOpen(null))}
      {open && open !== 'details' && entry && (
        <DialogPart onClose={() => setOpen(null)}>
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
            onReply={(message) => composer.current?.reply(message)}
            onEdit={(message) => composer.current?.edit(message)}
            onTell={tell}
            onFailure={fail}
          />
        </DialogPart>
      )}
    </section>
  )
}
