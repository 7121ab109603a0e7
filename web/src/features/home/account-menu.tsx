import { useId, useState } from 'react'
import { problemOf, problemText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useMessengerState } from '../../state/context.tsx'

/** Who I am here, and the way out. */
export function AccountMenu({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const id = useId()
  const me = useMessengerState(({ me }) => me)
  const [failure, setFailure] = useState<string | null>(null)
  return (
    <>
      <button
        type="button"
        className="account"
        popoverTarget={id}
        aria-label={texts.home.account(me.username)}
        title={me.username}
      >
        <Avatar name={me.username} url={me.avatarURL} size="small" />
      </button>
      <div id={id} popover="auto" className="account__menu">
        <p className="account__who">
          {texts.home.signedInAs} <strong dir="auto">{me.username}</strong>
        </p>
        <Button
          look="plain"
          onClick={() =>
            void onSignOut().catch((error: unknown) => setFailure(problemText(problemOf(error))))
          }
        >
          <Icon name="signOut" />
          {texts.home.signOut}
        </Button>
        {failure && (
          <p className="account__failure" role="alert">
            {failure}
          </p>
        )}
      </div>
    </>
  )
}
