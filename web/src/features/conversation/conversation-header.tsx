import { useEffect, useRef } from 'react'
import { BackLink } from './back-link.tsx'
import { asWritten } from '../../lib/bidi.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import type { Presence } from '@parley/contract/presence'
import { plural, t } from '@lingui/core/macro'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PresenceText } from '../../ui/presence.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useAwareness } from '../../state/hooks/awareness.ts'
import { nameOf } from '../../state/model/entries.ts'
import type { Entry } from '../../state/model/state.ts'
import { Unseen } from '../../ui/unseen.tsx'
import styles from './conversation-header.module.css'

/** The header of a conversation on the screen; renders alone when presence changes. */
export function HeaderHere({ entry, onDetails }: { entry: Entry | undefined; onDetails: () => void }) {
  const { presence } = useAwareness()
  const known = presence.get(entry?.otherParticipant?.id ?? '')
  return <ConversationHeader entry={entry} presence={known} onDetails={onDetails} />
}

/** With whom I talk, and on a phone the way back. A group's leads to who is in it. */
export function ConversationHeader({
  entry,
  presence,
  onDetails
}: {
  entry: Entry | undefined
  /** The other one's, of two people, where it is known. */
  presence: Presence | undefined
  onDetails: () => void
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Where there are keys the composer takes the focus; here it would pull up a keyboard.
    if (isTouchOnly()) heading.current?.focus({ preventScroll: true })
  }, [])
  const group = entry?.kind === 'group'
  return (
    <header className={styles.header} data-part="header">
      <BackLink className={buttonClass('icon', styles.back)} aria-label={t`Back to conversations`}>
        <Icon name="back" size={24} />
      </BackLink>
      {entry ? (
        <Avatar
          name={nameOf(entry)}
          url={entry.otherParticipant?.avatarURL ?? null}
          size="small"
          groupId={group ? entry.id : null}
          online={presence?.online === true}
        />
      ) : (
        <Skeleton className={styles.picture} />
      )}
      <div className={styles.who}>
        <h1 ref={heading} tabIndex={-1} className={styles.name} {...asWritten}>
          {entry ? (
            nameOf(entry)
          ) : (
            <>
              <Unseen>{t`Loading`}</Unseen>
              <Skeleton width="8rem" />
            </>
          )}
        </h1>
        {group ? (
          <p className={styles.people}>
            {plural({ count: entry.participantCount }, { one: '# member', other: '# members' })}
          </p>
        ) : (
          <PresenceText presence={presence} className={styles.people} />
        )}
      </div>
      {group && (
        <Button look="icon" aria-label={t`Group details`} aria-haspopup="dialog" onClick={onDetails}>
          <Icon name="people" size={22} />
        </Button>
      )}
    </header>
  )
}
