import { setTimeout as delay } from 'node:timers/promises'
import { errors, type ConnectionOptions } from '@nats-io/transport-node'
import type { NatsConfig } from './nats-url.ts'

const handshakeMs = 5_000

/** How Parley connects: for ever, and never for long to a peer that has gone. Times are ms. */
export function connectionOptions(
  { servers, tls, user, pass, token }: NatsConfig,
  { retryMs, pingIntervalMs }: { retryMs: number; pingIntervalMs: number }
): ConnectionOptions {
  return {
    servers: [...servers],
    ...(tls && { tls: {} }),
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    name: 'parley',
    noEcho: true,
    noAsyncTraces: true,
    timeout: handshakeMs,
    // The defaults give up for good after 20 s, and notice a silent peer after minutes.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: retryMs,
    reconnectJitter: retryMs,
    reconnectJitterTLS: retryMs,
    pingInterval: pingIntervalMs
  }
}

/** NATS is there and does not want us, as opposed to away. */
export function isRefusal(error: unknown): error is Error {
  return (
    error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError ||
    error instanceof errors.PermissionViolationError
  )
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Resolves when `promise` settles, however, and at the latest after `ms`. */
export async function withDeadline(promise: Promise<unknown>, ms: number): Promise<void> {
  const settled = new AbortController()
  await Promise.race([promise.catch(() => {}), delay(ms, null, { signal: settled.signal }).catch(() => {})])
  settled.abort()
}
