import { Problem } from '@parley/contract/problems'
import type { HttpDeps } from './deps.ts'
import type { Server } from './fastify-server.ts'

/** Health-check timeout. */
const answerMs = 2_000

/**
 * `/livez`: the process answers. `/readyz`: it accepts requests; 503 while it stops or the database is unreachable. A
 * degraded bus only delays events from other nodes, so the node stays ready.
 */
export function healthRoutes(server: Server, { ready, busState, store }: HttpDeps): void {
  const options = { access: 'public', rate: 'none', schema: { hide: true } } as const
  server.get('/livez', options, async () => ({ status: 'ok' }))
  server.get('/readyz', options, async () => {
    if (!ready()) throw new Problem('draining')
    await requireStorage(store)
    return { status: 'ok', database: 'ok', bus: busState() }
  })
}

/** Resolves when the store answers a read; throws `storage_unavailable` when it fails or exceeds the timeout. */
async function requireStorage({ events }: HttpDeps['store']): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Problem('storage_unavailable', { reason: 'timeout' }))
  }, answerMs)
  try {
    await Promise.race([events.bounds([0]), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
