import { useEffect, useRef } from 'react'
import { Link } from 'wouter'
import type { Entry } from '../../state/model.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'

/** With whom I talk, or the group's title, and on a phone the way back. */
export function ConversationHeader({ entry }: { entry: Entry | null }) {
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
      {entry ? (
        <Avatar name={entry.name} url={entry.avatarURL} size="small" />
      ) : (
        <span className="avatar avatar--small skeleton" />
      )}
      <h1 ref={heading} tabIndex={-1} className="conversation__name" dir="auto">
        {entry ? (
          entry.name
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
