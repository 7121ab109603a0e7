import { reportFault } from '@parley/client/failures'
import { useRef, useState } from 'react'
import { plural, t } from '@lingui/core/macro'
import { useFocusAfterSwitch } from '../../lib/locale-focus.ts'
import { asWritten } from '../../lib/bidi.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { DialogPart } from '../../ui/dialog-part.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LanguageField } from '../../ui/language-field.tsx'
import { anchorBelow, Popup, type Anchor } from '../../ui/menu.tsx'
import { useMessengerState } from '../../state/hooks/context.tsx'
import styles from './account-menu.module.css'

/** Who is signed in, and the way to sign out. */
export function AccountMenu({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const me = useMessengerState(({ me }) => me)
  const [anchor, setAnchor] = useState<Anchor | null>(null)
  const unsent = useMessengerState(({ outbox }) => outbox.length)
  const [asking, setAsking] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useFocusAfterSwitch(button)
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.account}
        aria-label={t`Account of ${{ username: me.username }}`}
        aria-haspopup="dialog"
        onClick={(event) => {
          setAnchor(anchorBelow(event.currentTarget))
        }}
      >
        <Avatar name={me.username} url={me.avatarURL} size="small" />
      </button>
      {anchor && (
        <Popup
          label={t`Account of ${{ username: me.username }}`}
          anchor={anchor}
          onClose={() => setAnchor(null)}
        >
          <p className={styles.who}>
            {t`Signed in as`} <strong {...asWritten}>{me.username}</strong>
          </p>
          <LanguageField />
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
            {t`Sign out`}
          </Button>
        </Popup>
      )}
      {asking && (
        <DialogPart onClose={() => setAsking(false)}>
          <Confirm
            danger
            title={t`Sign out and delete unsent messages?`}
            detail={plural(
              { count: unsent },
              {
                one: '# message or change hasn’t been sent. Signing out deletes it and all your data in this browser.',
                other:
                  '# messages or changes haven’t been sent. Signing out deletes them and all your data in this browser.'
              }
            )}
            action={t`Sign out`}
            cancel={t`Cancel`}
            close={t`Close`}
            onConfirm={onSignOut}
            onClose={() => setAsking(false)}
          />
        </DialogPart>
      )}
    </>
  )
}
