import { useId, useState } from 'react'
import { t } from '@lingui/core/macro'
import { Button } from '../../ui/button.tsx'
import { DialogPart } from '../../ui/dialog-part.tsx'
import { lazyDialog } from '../../ui/lazy-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Logo } from '../../ui/logo.tsx'
import { AccountMenu } from './account-menu.tsx'
import { ConversationList } from './conversation-list.tsx'
import { PeopleSearch } from './people-search.tsx'
import styles from './home-pane.module.css'

const NewGroupDialog = lazyDialog(
  () => t`New group`,
  () => import('./new-group-dialog.tsx')
)

/** My conversations, and the way to a new one. Beside an open conversation it is the lesser heading. */
export function HomePane({ openId, onSignOut }: { openId: string | null; onSignOut: () => Promise<void> }) {
  const id = useId()
  const [starting, setStarting] = useState(false)
  const Heading = openId === null ? 'h1' : 'h2'
  return (
    <section className={styles.pane} aria-labelledby={id}>
      <header className={styles.header}>
        <Logo size={28} />
        <Heading id={id} className={styles.title}>
          {t`Conversations`}
        </Heading>
        <Button
          look="icon"
          aria-label={t`New group`}
          aria-haspopup="dialog"
          onClick={() => setStarting(true)}
        >
          <span title={t`New group`} className={styles.icon}>
            <Icon name="newGroup" size={22} />
          </span>
        </Button>
        <AccountMenu onSignOut={onSignOut} />
      </header>
      <PeopleSearch />
      <ConversationList openId={openId} />
      {starting && (
        <DialogPart onClose={() => setStarting(false)}>
          <NewGroupDialog onClose={() => setStarting(false)} />
        </DialogPart>
      )}
    </section>
  )
}
