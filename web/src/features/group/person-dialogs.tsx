import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { may } from '@parley/contract/roles'
import type { Participant, Role } from '@parley/contract/participants'
import { failureText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Menu, MenuItem, type Anchor } from '../../ui/menu.tsx'
import { useMessenger } from '../../state/hooks/context.tsx'
import { nameOf } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import { mayRemove } from './participant-row.tsx'

/** What is open about somebody in a group, or about my leaving it. */
export type PersonDialog =
  | { kind: 'menu'; participant: Participant; anchor: Anchor }
  | { kind: 'remove' | 'owner'; participant: Participant }
  | { kind: 'leave' }

/** What may be done with somebody in a group; what cannot be undone by oneself is asked for once more. */
export function PersonDialogs({
  open,
  entry,
  onOpen,
  onClose,
  onLeft
}: {
  open: PersonDialog
  entry: Entry
  onOpen: (open: PersonDialog) => void
  onClose: () => void
  onLeft: () => void
}) {
  const { groups } = useMessenger()
  const [failure, setFailure] = useState<string | null>(null)
  const t = texts.group
  if (open.kind === 'leave') {
    return (
      <Confirm
        danger
        title={t.leaveTitle(nameOf(entry))}
        detail={detailOfLeaving(entry)}
        action={t.leaveAction}
        cancel={texts.dialog.cancel}
        close={texts.dialog.close}
        onConfirm={() => groups.leave(entry.id).then(onLeft)}
        onClose={onClose}
      />
    )
  }
  const { user, role: theirs } = open.participant
  const { participant } = open
  const changeRole = (role: Role) => groups.changeRole(entry.id, user.id, role)
  const change = (role: Role) =>
    changeRole(role).then(onClose, (error: unknown) => setFailure(failureText(error)))
  switch (open.kind) {
    case 'remove':
      return (
        <Confirm
          danger
          title={t.removeTitle(user.username)}
          detail={t.removeDetail}
          action={t.removeAction}
          cancel={texts.dialog.cancel}
          close={texts.dialog.close}
          onConfirm={() => groups.remove(entry.id, user.id)}
          onClose={onClose}
        />
      )
    case 'owner':
      return (
        <Confirm
          title={t.ownerTitle(user.username)}
          detail={t.ownerDetail}
          action={t.ownerAction}
          cancel={texts.dialog.cancel}
          close={texts.dialog.close}
          onConfirm={() => changeRole('owner')}
          onClose={onClose}
        />
      )
    default:
      return (
        <Menu label={t.actions(user.username)} anchor={open.anchor} failure={failure} onClose={onClose}>
          {may(entry.role, 'change_role') && (
            <>
              <MenuItem
                onChoose={() => {
                  change(theirs === 'admin' ? 'member' : 'admin').catch(reportFault)
                }}
              >
                {theirs === 'admin' ? t.makeMember : t.makeAdmin}
              </MenuItem>
              <MenuItem onChoose={() => onOpen({ kind: 'owner', participant })}>{t.makeOwner}</MenuItem>
            </>
          )}
          {mayRemove(entry.role, theirs) && (
            <MenuItem danger onChoose={() => onOpen({ kind: 'remove', participant })}>
              {t.remove}
            </MenuItem>
          )}
        </Menu>
      )
  }
}

function detailOfLeaving({ role, participantCount }: Entry): string {
  if (participantCount === 1) return texts.group.leaveLast
  return role === 'owner' ? texts.group.leaveOwner : texts.group.leaveDetail
}
