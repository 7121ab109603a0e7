import { reportFault } from '@parley/client/failures'
import { sessionDays } from '@parley/contract/limits'
import { systemClock, type Client } from '@parley/client'
import { keep, recall } from '../../lib/local-store.ts'
import { serverNow } from '../../lib/now.ts'

const dayMs = 24 * 60 * 60_000
const lookMs = 60 * 60_000

const nothing = () => {}
const keyOf = (userId: string) => `parley:${userId}:session-ends`

/** Keeps when the session of this browser ends; the page cannot read the cookie that carries it. */
export function rememberSessionEnd(userId: string, expiresAt: string): void {
  keep(keyOf(userId), expiresAt)
}

/** Whether the session of this browser is known to be over. */
export function isSessionOver(userId: string): boolean {
  return Date.parse(recall(keyOf(userId)) ?? '') <= serverNow()
}

/** Renews the session whenever less than half of its life remains, or its end is not known, until `signal` aborts. */
export function keepSessionAlive(client: Client, userId: string, signal: AbortSignal): void {
  let cancel = nothing
  const look = async () => {
    if (isDue(recall(keyOf(userId)), serverNow())) {
      try {
        const { expiresAt } = await client.refreshToken()
        // Nothing is kept after a sign-out.
        if (!signal.aborted) rememberSessionEnd(userId, expiresAt)
      } catch {
        // An hour later, or the next page, tries again; a session that is over shows elsewhere.
      }
    }
    if (!signal.aborted)
      cancel = systemClock.after(lookMs, () => {
        look().catch(reportFault)
      })
  }
  signal.addEventListener('abort', () => cancel())
  look().catch(reportFault)
}

/** Whether a session that ends then should be renewed now. */
export function isDue(expiresAt: string | null, nowMs: number): boolean {
  const remainingMs = Date.parse(expiresAt ?? '') - nowMs
  return Number.isNaN(remainingMs) || remainingMs < (sessionDays / 2) * dayMs
}
