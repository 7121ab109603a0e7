import { reportFault } from '@parley/client/failures'
import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { SendItem } from '@parley/client'
import type { Message } from '@parley/contract/messages'
import { t } from '@lingui/core/macro'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { nameOf, readUpTo, unreadCount } from '../../state/model/entries.ts'
import { hasOlder } from '../../state/model/histories.ts'
import { usePeople } from '../../state/hooks/people.ts'
import { rowsOf } from '../../state/model/rows.ts'
import { focusComposer, useTypingAnywhere } from './composer-focus.ts'
import { ConversationComposer } from './conversation-composer.tsx'
import { HeaderHere } from './conversation-header.tsx'
import { FailedChanges } from './failed-changes.tsx'
import { HistorySkeleton } from './history-skeleton.tsx'
import { MessageDialogs, type OpenDialog } from './message-dialogs.tsx'
import { MessageList } from './message-list.tsx'
import { Missing } from './missing.tsx'
import { Note, useNote } from './note.tsx'
import { useOpened } from './opened.ts'
import { useReadMark } from './read-mark.ts'
import { actionsOf, messageOf } from './row-actions.ts'
import { rowKeeper } from './row-keeper.ts'
import { beginningOf, labelsOf } from './page-texts.ts'
import { DialogPart } from '../../ui/dialog-part.tsx'
import { writingIn } from './writing.ts'
import type { Anchor } from '../../ui/menu.tsx'
import styles from './conversation-page.module.css'

type ConversationPageProps = {
  id: string
  /** What tells who is in a group. */
  renderDetails: (close: () => void) => ReactNode
}

/** One conversation: its messages and the composer. Give it the conversation's id as its key. */
export function ConversationPage({ id, renderDetails }: ConversationPageProps) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const outbox = useMessengerState(({ outbox }) => outbox)
  const acknowledged = useMessengerState(({ acknowledged }) => acknowledged)
  // Not while the stream brings what came since: all of that is new together.
  const settled = useMessengerState(({ stream }) => stream === 'complete' || stream === 'waiting')
  const { entry, history, participants, missing } = useOpened(id)
  const [atEnd, setAtEnd] = useState(true)
  const [open, setOpen] = useState<OpenDialog | 'details' | null>(null)
  const [unreadFrom, setUnreadFrom] = useState<number | null | undefined>(undefined)
  const writing = useMemo(() => writingIn(messenger, id), [messenger, id])
  const { note, tell, fail } = useNote()
  const notKept = useCallback(() => fail(t`Your browser couldn’t save this change. Try again.`), [fail])

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
    return history && keep(rowsOf(history, { outbox, acknowledged }, place))
  }, [keep, history, outbox, acknowledged, me, id, unreadFrom, participants])

  const { kind, role } = entry ?? {}
  const access = useMemo(() => (kind && role ? { kind, role } : null), [kind, role])
  const actions = useMemo(
    () => ({
      retry: (clientId: string) => {
        messenger.outbox.retry(clientId).catch(reportFault)
      },
      discard: (clientId: string) => {
        messenger.outbox.discard(clientId).catch(reportFault)
      },
      takeBack({ clientId, content, replyTo }: SendItem) {
        writing.giveBack({ text: content, replyTo: replyTo ?? null })
        messenger.outbox.discard(clientId).catch(reportFault)
      },
      react: (...args: Parameters<typeof messenger.outbox.react>) => {
        messenger.outbox.react(...args).catch(notKept)
      },
      delete: (message: Message) => messenger.outbox.delete(message).catch(notKept),
      hasMenu: (message: Message) => access !== null && actionsOf(message, access).size > 0,
      openMenu: (message: Message, anchor: Anchor) => setOpen({ kind: 'menu', message, anchor })
    }),
    [messenger, writing, access, notKept]
  )
  const isDeleted = useCallback(
    (messageId: string) =>
      history?.messages.some(({ id, deletedAt }) => id === messageId && deletedAt) === true,
    [history]
  )
  const backTo = useCallback((messageId: string) => messenger.loadBackTo(id, messageId), [messenger, id])
  const loadOlder = useCallback(() => messenger.loadOlder(id), [messenger, id])

  if (missing) return <Missing id={id} title={missing.title} />

  function editLast() {
    // One that was sent a moment ago may not be rendered yet.
    const { histories, outbox, acknowledged } = messenger.store.getState()
    const history = histories[id]
    const place = { me, conversationId: id, unreadFrom: null }
    const rows = history ? rowsOf(history, { outbox, acknowledged }, place) : []
    const last = rows.findLast((row) => !row.pending?.problem && canEdit(messageOf(row)))
    if (last) writing.edit(messageOf(last))
  }

  const canEdit = (message: Message) => access !== null && actionsOf(message, access).has('edit')
  /** The current version of a message, which may have been pending when its menu was opened. */
  const newest = (message: Message) => {
    const row = rows?.find(({ key }) => key === (message.clientId ?? message.id))
    return row ? messageOf(row) : message
  }

  const name = entry ? nameOf(entry) : ''
  const labels = labelsOf(entry)
  return (
    <section className={styles.page} aria-label={labels.page}>
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
      <FailedChanges writing={writing} />
      <ConversationComposer
        writing={writing}
        me={me}
        name={name}
        isDeleted={isDeleted}
        onEditLast={editLast}
        onSent={() => setUnreadFrom(null)}
      />
      {open === 'details' && renderDetails(() => setOpen(null))}
      {open && open !== 'details' && entry && (
        <DialogPart onClose={() => setOpen(null)}>
          <MessageDialogs
            open={{ ...open, message: newest(open.message) }}
            entry={entry}
            me={me}
            people={people}
            onOpen={setOpen}
            onReact={actions.react}
            onDelete={actions.delete}
            onReply={writing.reply}
            onEdit={writing.edit}
            onTell={tell}
            onFailure={fail}
          />
        </DialogPart>
      )}
    </section>
  )
}
