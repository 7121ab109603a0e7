import { Problem } from '@parley/contract/problems'
import type { Server } from './fastify-server.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Bodies are JSON in UTF-8 (RFC 8259, 8.1) and nothing else. */
export function readJsonBodies(server: Server): void {
  server.removeAllContentTypeParsers()
  const parseJson = server.getDefaultJsonParser('error', 'error')
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    let text: string
    try {
      text = decoder.decode(bytes)
    } catch {
      return done(new Problem('malformed_request', { reason: 'not_utf8' }))
    }
    // A body in chunks that turned out to have none is no body.
    if (text === '') return done(null, undefined)
    return parseJson(request, text, done)
  })
}
