import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { asWritten } from '../../lib/bidi.ts'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { DialogPart } from '../../ui/dialog-part.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Popup, type Anchor } from '../../ui/menu.tsx'
import { useMessengerState } from '../../state/hooks/context.tsx'
import styles from './account-menu.module.css'

/** Who is signed in, and the way to sign out. */
export function AccountMenu({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const me = useMessengerState(({ me }) => me)
  const [anchor, setAnchor] = useState<Anchor | null>(null)
  const unsent = useMessengerState(({ outbox }) => outbox.length)
  const [asking, setAsking] = useState(false)
  return (
    <>
      <button
        type="button"
        className={styles.account}
        aria-label={texts.home.account(me.username)}
        aria-haspopup="dialog"
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect()
          setAnchor({ x: left, y: bottom })
        }}
      >
        <Avatar name={me.username} url={me.avatarURL} size="small" />
      </button>
      {anchor && (
        <Popup label={texts.home.account(me.username)} anchor={anchor} onClose={() => setAnchor(null)}>
          <p className={styles.who}>
            {texts.home.signedInAs} <strong {...asWritten}>{me.username}</strong>
          </p>
          <Button
            look="plain"
            className={styles.out}
            onClick={() => {
              setAnchor(null)
              if (unsent > 0) setAsking(true)
              else onSignOut().catch(reportFault)
            }}
          >
            <Icon name="signOut" />
            {texts.home.signOut}
          </Button>
        </Popup>
      )}
      {asking && (
        <DialogPart onClose={() => setAsking(false)}>
          <Confirm
            danger
            title={texts.home.signOutTitle}
            detail={texts.home.signOutDetail(unsent)}
            action={texts.home.signOut}
            cancel={texts.dialog.cancel}
            close={texts.dialog.close}
            onConfirm={onSignOut}
            onClose={() => setAsking(false)}
          />
        </DialogPart>
      )}
    </>
  )
}
