import { Problem } from '@parley/contract/errors'
import type { Deps, Server } from './deps.ts'

/** `/livez`: the process answers. `/readyz`: it may be sent requests; 503 once it is stopping. */
export function healthRoutes(server: Server, { ready }: Deps): void {
  const options = { schema: { hide: true } }
  server.get('/livez', options, async () => ({ status: 'ok' }))
  server.get('/readyz', options, async () => {
    if (!ready()) throw new Problem('draining')
    return { status: 'ok' }
  })
}
