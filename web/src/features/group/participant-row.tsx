import { may } from '@parley/contract/roles'
import type { Participant, Role } from '@parley/contract/participants'
import type { Presence } from '@parley/contract/presence'
import { t } from '@lingui/core/macro'
import { asWritten } from '../../lib/bidi.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PresenceText } from '../../ui/presence.tsx'
import { anchorBelow, type Anchor } from '../../ui/menu.tsx'
import styles from './participant-row.module.css'

/** Returns whether a role may remove participants of another role. */
export function mayRemove(mine: Role, theirs: Role): boolean {
  if (theirs === 'owner') return false
  return may(mine, theirs === 'admin' ? 'remove_admin' : 'remove_member')
}

/** A participant of a group; `role` is the signed-in user's. */
export function ParticipantRow({
  participant,
  presence,
  isMe,
  role,
  onMenu
}: {
  participant: Participant
  /** Where it is known. */
  presence: Presence | undefined
  isMe: boolean
  role: Role
  onMenu: (participant: Participant, anchor: Anchor) => void
}) {
  const { user } = participant
  const changeable = !isMe && (may(role, 'change_role') || mayRemove(role, participant.role))
  return (
    <li className={styles.row}>
      <Avatar name={user.username} url={user.avatarURL} size="small" online={presence?.online === true} />
      <span className={styles.who}>
        <span className={styles.name} {...asWritten}>
          {user.username}
        </span>
        <PresenceText presence={presence} className={styles.presence} />
      </span>
      {isMe && <span className={styles.role}>{t({ message: 'you', context: 'among names' })}</span>}
      {participant.role !== 'member' && (
        <span className={styles.role}>{participant.role === 'owner' ? t`Owner` : t`Admin`}</span>
      )}
      {changeable && (
        <Button
          look="icon"
          aria-label={t`Actions for ${{ name: user.username }}`}
          aria-haspopup="menu"
          onClick={(event) => {
            onMenu(participant, anchorBelow(event.currentTarget))
          }}
        >
          <Icon name="more" />
        </Button>
      )}
    </li>
  )
}
