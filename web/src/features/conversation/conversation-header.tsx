import { useEffect, useRef } from 'react'
import { Link } from 'wouter'
import type { User } from '@parley/contract/entities'
import { isTouchOnly } from '../../lib/pointer.ts'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'

/** With whom I talk, and on a phone the way back. */
export function ConversationHeader({ person }: { person: User | null }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Where there are keys the composer takes the focus; here it would pull up a keyboard.
    if (isTouchOnly()) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <header className="conversation__header">
      <Link href="/" className="button button--icon conversation__back" aria-label={texts.conversation.back}>
        <Icon name="back" size={24} />
      </Link>
      {person ? (
        <Avatar name={person.username} url={person.avatarURL} size="small" />
      ) : (
        <span className="avatar avatar--small skeleton" />
      )}
      <h1 ref={heading} tabIndex={-1} className="conversation__name" dir="auto">
        {person ? (
          person.username
        ) : (
          <>
            <span className="unseen">{texts.loading}</span>
            <Skeleton width="8rem" />
          </>
        )}
      </h1>
    </header>
  )
}
