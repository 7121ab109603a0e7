import { t } from '@lingui/core/macro'
import { useNow } from '../lib/now.ts'
import { lastSeenOf } from '../lib/times.ts'
import styles from './presence.module.css'

/** Whether somebody is here, or when they were; nothing where that is not known. */
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
