import { useNow } from '../lib/now.ts'
import { texts } from '../lib/texts.ts'
import { lastSeenOf } from '../lib/times.ts'

/** Whether somebody is here, or when they were; nothing where that is not known. */
export function PresenceText({
  presence,
  className
}: {
  presence: { online: boolean; lastSeenAt: string | null } | undefined
  className: string
}) {
  const now = useNow()
  if (!presence) return null
  const { online, lastSeenAt } = presence
  if (online) return <span className={`${className} presence--online`}>{texts.presence.online}</span>
  return lastSeenAt && <span className={className}>{lastSeenOf(lastSeenAt, now)}</span>
}
