import { useImperativeHandle, useMemo, type Ref } from 'react'
import type { Message, User } from '@parley/contract/entities'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import { Composer } from './composer.tsx'
import { useWriting } from './writing.ts'

/** What the page does with the composer from outside. */
export type ComposerHandle = {
  reply: (message: Message) => void
  edit: (message: Message) => void
  /** Puts a text below what is written already. */
  addToDraft: (content: string) => void
}

type ConversationComposerProps = {
  ref: Ref<ComposerHandle>
  conversationId: string
  me: User
  name: string
  /** The message that the arrow up edits. */
  lastEditable: () => Message | undefined
  onSent: () => void
}

const nobody: readonly User[] = []

/** The composer with what is written in it: a key in it renders nothing else of the page. */
export function ConversationComposer(props: ConversationComposerProps) {
  const { ref, conversationId, me, name, lastEditable, onSent } = props
  const messenger = useMessenger()
  const participants = useMessengerState(({ participants }) => participants[conversationId])
  const writing = useWriting(me, conversationId)
  const { reply, edit, addToDraft } = writing
  useImperativeHandle(ref, () => ({ reply, edit, addToDraft }))
  const others = useMemo(
    () => participants?.list.flatMap(({ user }) => (user.id === me.id ? [] : [user])) ?? nobody,
    [participants, me]
  )

  async function send(content: string) {
    await writing.send(content)
    onSent()
  }

  function editLast() {
    const last = lastEditable()
    if (last) edit(last)
  }

  return (
    <Composer
      name={name}
      text={writing.text}
      onText={writing.setText}
      onTyping={() => messenger.signals.sendTyping(conversationId)}
      onSend={send}
      mode={writing.mode}
      onLeaveMode={writing.leaveMode}
      onEditLast={editLast}
      people={others}
      onMention={() => void messenger.groups.loadAllParticipants(conversationId).catch(() => {})}
    />
  )
}
