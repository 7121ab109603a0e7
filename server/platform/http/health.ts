import { Problem } from '@parley/contract/problems'
import { requireStorage } from '../../event-log/upkeep.ts'
import type { Deps, Server } from './deps.ts'

/**
 * `/livez`: the process answers. `/readyz`: it may be sent requests; 503 while it is stopping or the database does not
 * answer. A bus that is away makes it slower to hear from other nodes, and no less ready.
 */
export function healthRoutes(server: Server, { ready, busState, store }: Deps): void {
  const options = { rate: 'none', schema: { hide: true } } as const
  server.get('/livez', options, async () => ({ status: 'ok' }))
  server.get('/readyz', options, async () => {
    if (!ready()) throw new Problem('draining')
    await requireStorage(store)
    return { status: 'ok', database: 'ok', bus: busState() }
  })
}
