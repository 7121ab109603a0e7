import { promisify } from 'node:util'
import { gzip, gzipSync } from 'node:zlib'
import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from './fastify-server.ts'

/** What is shorter fits into one packet anyway. */
const minLength = 1_024
/** Up to here, under a millisecond's work, a trip to another thread costs more than compressing at once. */
const atOnceMaxLength = 32 * 1_024

const gzipAside = promisify(gzip)

/**
 * Compresses JSON that is read, where it pays. Never the answer to a POST, which may hold a token, and never what another
 * site's page asked for: docs/decisions/0003-what-is-compressed.md.
 */
export function compressAnswers(server: Server): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || payload.length < minLength || !isOwnRead(request) || !isJson(reply)) {
      return done(null, payload)
    }
    reply.header('vary', 'Accept-Encoding')
    if (!acceptsGzip(request)) return done(null, payload)
    const send = (bytes: Buffer) => {
      reply.header('content-encoding', 'gzip')
      done(null, bytes)
    }
    if (payload.length <= atOnceMaxLength) send(gzipSync(payload))
    else gzipAside(payload).then(send, done)
  })
}

export function acceptsGzip({ headers }: FastifyRequest): boolean {
  return negotiate(headers['accept-encoding']?.toString() ?? '', ['gzip']) !== null
}

function isOwnRead({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  return (
    (method === 'GET' || method === 'HEAD') &&
    (site === undefined || site === 'same-origin' || site === 'none')
  )
}

function isJson(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('application/json')
}
