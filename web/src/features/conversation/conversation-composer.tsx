import { useMemo } from 'react'
import type { AuthUser, User } from '@parley/contract/people'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { Composer } from './composer.tsx'
import type { Writing } from './writing.ts'

type ConversationComposerProps = {
  writing: Writing
  me: AuthUser
  name: string
  /** Whether a message was deleted. */
  isDeleted: (messageId: string) => boolean
  /** The arrow up in an empty field. */
  onEditLast: () => void
  onSent: () => void
}

const noUsers: readonly User[] = []

/** The composer of a conversation: a key in it renders nothing else of the page. */
export function ConversationComposer(props: ConversationComposerProps) {
  const { writing, me } = props
  const { conversationId } = writing
  const messenger = useMessenger()
  const participants = useMessengerState(({ participants }) => participants[conversationId])
  const others = useMemo(
    () => participants?.list.flatMap(({ user }) => (user.id === me.id ? [] : [user])) ?? noUsers,
    [participants, me]
  )
  return (
    <Composer
      {...props}
      onTyping={() => messenger.signals.sendTyping(conversationId)}
      people={others}
      onMention={() => {
        messenger.groups.loadAllParticipants(conversationId).catch(() => {})
      }}
    />
  )
}
