import { Problem } from '@parley/contract/problems'
import type { Server } from './fastify-server.ts'
import { pathOf } from './path.ts'
import { isWeb } from './web-app.ts'

/**
 * Refuses what no route takes: 405 with `Allow` (RFC 9110, 15.5.6) where the address takes other methods, else 404.
 * It happens before the body is read, so that a wrong address is never called a wrong body.
 */
export function refuseUnknown(server: Server): void {
  const known: { url: string; pattern: RegExp; methods: Set<string> }[] = []
  server.addHook('onRoute', ({ url, method }) => {
    let entry = known.find((each) => each.url === url)
    if (!entry) known.push((entry = { url, pattern: patternOf(url), methods: new Set() }))
    for (const each of [method].flat()) entry.methods.add(each)
  })

  server.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const path = pathOf(request.url)
    const web = isWeb(path)
    const methods = known.find(({ pattern }) => pattern.test(path))?.methods ?? (web ? ['GET', 'HEAD'] : [])
    const allowed = [...methods]
    if (allowed.length === 0) throw new Problem('not_found')
    if (web && allowed.includes(request.method)) return done()
    reply.header('allow', allowed.join(', '))
    throw new Problem('method_not_allowed', { methods: allowed })
  })
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', String.raw`\.`).replace(/:\w+/g, '[^/]+')}$`, 'u')
}
