import { useState } from 'react'
import { asWritten } from '../../lib/bidi.ts'
import { problemOf, problemText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Popup, type Anchor } from '../../ui/menu.tsx'
import { useMessengerState } from '../../state/context.tsx'

/** Who is signed in, and the way to sign out. */
export function AccountMenu({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const me = useMessengerState(({ me }) => me)
  const [anchor, setAnchor] = useState<Anchor | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  return (
    <>
      <button
        type="button"
        className="account"
        aria-label={texts.home.account(me.username)}
        aria-haspopup="dialog"
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect()
          setFailure(null)
          setAnchor({ x: left, y: bottom })
        }}
      >
        <Avatar name={me.username} url={me.avatarURL} size="small" />
      </button>
      {anchor && (
        <Popup label={texts.home.account(me.username)} anchor={anchor} onClose={() => setAnchor(null)}>
          <p className="account__who">
            {texts.home.signedInAs} <strong {...asWritten}>{me.username}</strong>
          </p>
          <Button
            look="plain"
            className="account__out"
            onClick={() =>
              void onSignOut().catch((error: unknown) => setFailure(problemText(problemOf(error))))
            }
          >
            <Icon name="signOut" />
            {texts.home.signOut}
          </Button>
          {failure && (
            <p className="menu__failure" role="alert">
              {failure}
            </p>
          )}
        </Popup>
      )}
    </>
  )
}
