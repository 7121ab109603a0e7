import { useEffect } from 'react'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { asWritten } from '../../lib/bidi.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import dialogStyles from '../../ui/dialog.module.css'
import { classNames } from '../../lib/class-names.ts'
import choiceStyles from './choices.module.css'

/** Who put which emoji on a message. */
export default function ReactionsDialog({
  message,
  me,
  people,
  onClose
}: {
  message: Message
  me: User
  people: ReadonlyMap<string, User>
  onClose: () => void
}) {
  const messenger = useMessenger()
  // A user who is not among all participants has left.
  const whole = useMessengerState(({ participants }) => participants[message.conversationId]?.whole === true)
  const unknown = whole ? t`Former member` : t`Someone`
  const { conversationId, reactions = [] } = message
  useEffect(() => {
    // For the names of those who have said nothing here.
    messenger.groups.loadAllParticipants(conversationId).catch(() => {})
  }, [messenger, conversationId])
  return (
    <Dialog title={t`Reactions`} close={t`Close`} onClose={onClose}>
      <ul className={classNames(dialogStyles.body, choiceStyles.list)}>
        {reactions.flatMap(({ emoji, userIds }) =>
          userIds.map((id) => {
            const user = people.get(id)
            const name = user?.username ?? unknown
            return (
              <li key={`${emoji} ${id}`} className={choiceStyles.one}>
                <Avatar name={name} url={user?.avatarURL ?? null} size="small" />
                <span {...asWritten}>{id === me.id ? t`You` : name}</span>
                <span className={choiceStyles.end}>{emoji}</span>
              </li>
            )
          })
        )}
      </ul>
    </Dialog>
  )
}
