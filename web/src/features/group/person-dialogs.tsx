import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { may } from '@parley/contract/roles'
import type { Participant, Role } from '@parley/contract/participants'
import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Menu, MenuItem, type Anchor } from '../../ui/menu.tsx'
import { useMessenger } from '../../state/hooks/context.tsx'
import { nameOf } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import { mayRemove } from './participant-row.tsx'

/** The open dialog about a participant, or about leaving the group. */
export type PersonDialog =
  | { kind: 'menu'; participant: Participant; anchor: Anchor }
  | { kind: 'remove' | 'owner'; participant: Participant }
  | { kind: 'leave' }

/** The actions on a participant; those that the user cannot undo alone need a confirmation. */
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
  if (open.kind === 'leave') {
    return (
      <Confirm
        danger
        title={t`Leave ${{ title: isolate(nameOf(entry)) }}?`}
        detail={detailOfLeaving(entry)}
        action={t`Leave`}
        cancel={t`Cancel`}
        close={t`Close`}
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
          title={t`Remove ${{ name: isolate(user.username) }}?`}
          detail={t`They won’t see this group or its messages any more.`}
          action={t`Remove`}
          cancel={t`Cancel`}
          close={t`Close`}
          onConfirm={() => groups.remove(entry.id, user.id)}
          onClose={onClose}
        />
      )
    case 'owner':
      return (
        <Confirm
          title={t`Transfer ownership to ${{ name: isolate(user.username) }}?`}
          detail={t`They become the owner and you become an admin. Only they can undo this.`}
          action={t`Transfer`}
          cancel={t`Cancel`}
          close={t`Close`}
          onConfirm={() => changeRole('owner')}
          onClose={onClose}
        />
      )
    default:
      return (
        <Menu
          label={t`Actions for ${{ name: user.username }}`}
          anchor={open.anchor}
          failure={failure}
          onClose={onClose}
        >
          {may(entry.role, 'change_role') && (
            <>
              <MenuItem
                onChoose={() => {
                  change(theirs === 'admin' ? 'member' : 'admin').catch(reportFault)
                }}
              >
                {theirs === 'admin' ? t`Remove as admin` : t`Make admin`}
              </MenuItem>
              <MenuItem
                onChoose={() => onOpen({ kind: 'owner', participant })}
              >{t`Transfer ownership…`}</MenuItem>
            </>
          )}
          {mayRemove(entry.role, theirs) && (
            <MenuItem danger onChoose={() => onOpen({ kind: 'remove', participant })}>
              {t`Remove…`}
            </MenuItem>
          )}
        </Menu>
      )
  }
}

function detailOfLeaving({ role, participantCount }: Entry): string {
  if (participantCount === 1)
    return t`You’re the last member. No one will be able to see its messages any more.`
  return role === 'owner'
    ? t`You won’t see its messages unless you’re added again. Another member becomes the owner.`
    : t`You won’t see its messages unless you’re added again.`
}
