import { t } from '@lingui/core/macro'
import { useNow } from '../lib/now.ts'
import { lastSeenOf } from '../lib/times.ts'
import styles from './presence.module.css'

/** Shows whether a user is online or when they last were; nothing if that is unknown. */
export function PresenceText({
  presence,
  className
}: {
  presence: { online: boolean; lastSeenAt: string | null } | undefined
  className: string | undefined
}) {
  const now = useNow()
  if (!presence) return null
  const { online, lastSeenAt } = presence
  if (!online) return lastSeenAt && <span className={className}>{lastSeenOf(lastSeenAt, now)}</span>
  return (
    <span className={className}>
      <span className={styles.online}>{t`online`}</span>
    </span>
  )
}
