import { useEffect, useState } from 'react'
import { may } from '@parley/contract/roles'
import type { Participant } from '@parley/contract/participants'
import { plural, t } from '@lingui/core/macro'
import { asWritten } from '../../lib/bidi.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { DialogPart } from '../../ui/dialog-part.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Anchor } from '../../ui/menu.tsx'
import { useAwareness } from '../../state/hooks/awareness.ts'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { AddPeople } from './add-people.tsx'
import { ParticipantRow } from './participant-row.tsx'
import { PersonDialogs, type PersonDialog } from './person-dialogs.tsx'
import { RenameForm } from './rename-form.tsx'
import dialogStyles from '../../ui/dialog.module.css'
import styles from './group-panel.module.css'

type Open = 'rename' | 'add' | PersonDialog | null

/** Who is in a group, and what I may change about it. */
export default function GroupPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const messenger = useMessenger()
  const me = useMessengerState(({ me }) => me)
  const entry = useMessengerState(({ entries }) => entries[id])
  const participants = useMessengerState(({ participants }) => participants[id])
  const { presence } = useAwareness()
  const [open, setOpen] = useState<Open>(null)
  /** The form that was open last: its button gets the focus when it is shown again. */
  const [left, setLeft] = useState<Open>(null)

  const wanted = participants === undefined
  useEffect(() => {
    if (wanted) messenger.groups.loadParticipants(id).catch(() => {})
  }, [messenger, id, wanted])

  // I was removed while I looked: there is nothing to show.
  const gone = entry === undefined
  useEffect(() => {
    if (gone) onClose()
  }, [gone, onClose])
  if (!entry) return null

  const { role, title, participantCount } = entry
  const close = () => {
    setOpen(null)
    setLeft(open)
  }
  const openMenu = (participant: Participant, anchor: Anchor) =>
    setOpen({ kind: 'menu', participant, anchor })

  return (
    <Dialog
      title={t`Group`}
      close={t`Close`}
      look="panel"
      keepOnClickBeside={open === 'rename' || open === 'add'}
      onClose={onClose}
    >
      <div className={dialogStyles.body}>
        <div className={styles.about}>
          <Avatar name={title ?? ''} url={null} size="large" groupId={id} />
          {open === 'rename' ? (
            <RenameForm
              title={title ?? ''}
              onRename={(title) => messenger.groups.rename(id, title)}
              onClose={close}
            />
          ) : (
            <>
              <h3 className={styles.title} {...asWritten}>
                {title}
              </h3>
              {may(role, 'rename') && (
                // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the form
                <Button look="quiet" autoFocus={left === 'rename'} onClick={() => setOpen('rename')}>
                  <Icon name="edit" size={18} />
                  {t`Rename`}
                </Button>
              )}
            </>
          )}
        </div>
        <div className={styles.heading}>
          <h3>{plural({ count: participantCount }, { one: '# member', other: '# members' })}</h3>
          {may(role, 'add_participant') && open !== 'add' && (
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the form
            <Button look="quiet" autoFocus={left === 'add'} onClick={() => setOpen('add')}>
              <Icon name="newGroup" size={18} />
              {t`Add members`}
            </Button>
          )}
        </div>
        {open === 'add' && <AddPeople id={id} people={participants?.list ?? []} onClose={close} />}
        <ul className={styles.people}>
          {participants?.list.map((participant) => (
            <ParticipantRow
              key={participant.user.id}
              participant={participant}
              presence={presence.get(participant.user.id)}
              isMe={participant.user.id === me.id}
              role={role}
              onMenu={openMenu}
            />
          ))}
        </ul>
        {participants && !participants.whole && (
          <Button
            look="quiet"
            onClick={() => {
              messenger.groups.loadParticipants(id).catch(() => {})
            }}
          >
            {t`Show more members`}
          </Button>
        )}
        <Button look="plain" className={styles.leave} onClick={() => setOpen({ kind: 'leave' })}>
          <Icon name="signOut" />
          {t`Leave group`}
        </Button>
      </div>
      {open !== null && typeof open === 'object' && (
        <DialogPart onClose={close}>
          <PersonDialogs open={open} entry={entry} onOpen={setOpen} onClose={close} onLeft={onClose} />
        </DialogPart>
      )}
    </Dialog>
  )
}
