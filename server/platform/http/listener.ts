import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { headMaxLength } from '@parley/contract/limits'
import { problemDocument } from '@parley/contract/problem-details'
import { Problem } from '@parley/contract/problems'
import type { FastifyInstance } from 'fastify'
import { headerLines, type HeaderRecord } from './security-headers.ts'
import { closeAfterAnswers, closeConnections, serveConnections } from './connections.ts'

/** Headers must be here after this. */
const headersTimeoutMs = 10_000
/** The whole request must be here after this; else 408. */
const requestTimeoutMs = 30_000
/** Longer than the 60 s that proxies keep an idle connection: the one that closes first must be the proxy. */
const keepAliveTimeoutMs = 72_000
const timeoutCheckMs = 1_000
/**
 * Backlog of connections to accept, one per turn of the event loop. In a herd of reconnects the kernel drops connections beyond
 * it, and clients retry after 1, 2, 4 … seconds. Linux caps it at `net.core.somaxconn`, 4096.
 */
export const backlog = 4_096

/**
 * The `node:http` server under Fastify: its timeouts, and a problem document with `headers` for requests that are not HTTP.
 */
export function createListener(handler: RequestListener, headers: HeaderRecord): Server {
  const lines = headerLines(headers)
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    // Node's own refusal has neither body nor headers of ours.
    requireHostHeader: false
  }).on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerUnread(error, socket, lines))
  // Node's own reaction is to destroy the socket, with the answers to what came before.
  server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    if (!closeAfterAnswers(socket)) {
      answerRaw(new Problem('method_not_allowed', { methods: [] }), socket, lines)
    }
  })
  serveConnections(server, (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion === '1.0') return handler(request, response)
    // RFC 9112, 3.2.
    const type = 'application/problem+json'
    response.writeHead(400, { ...headers, 'content-type': type, connection: 'close' })
    response.end(
      JSON.stringify(problemDocument(new Problem('malformed_request', { reason: 'host_missing' })))
    )
  })
  return server
}

/** Lets open connections end within `deadlineMs` once Fastify closes; idle ones and those that stall, sooner. */
export function closeConnectionsWith(fastify: FastifyInstance, deadlineMs: number): void {
  fastify.addHook('preClose', async () => closeConnections(fastify.server, deadlineMs))
}

/**
 * `localhost` is two addresses, and browsers may take either; node listens on the first alone. This opens the other
 * one too, where the machine has it.
 */
export function listenOnBothLoopbacks(
  fastify: FastifyInstance,
  createTwin: () => Server,
  deadlineMs: number
): void {
  let twin: Server | undefined
  fastify.addHook('onListen', async () => {
    const address = fastify.server.address()
    if (address === null || typeof address === 'string') return
    const other = { '127.0.0.1': '::1', '::1': '127.0.0.1' }[address.address]
    if (!other) return
    twin = createTwin()
    twin.once('error', (error) =>
      fastify.log.debug({ address: other, reason: error.message }, 'not listening')
    )
    twin.listen({ port: address.port, host: other, backlog })
  })
  fastify.addHook('preClose', async () => {
    if (!twin) return
    closeConnections(twin, deadlineMs)
    twin.close()
  })
}

function answerUnread(error: NodeJS.ErrnoException, socket: Socket, headers: string): void {
  // What cannot be parsed came behind requests that can: theirs are the next answers.
  if (socket.writable && closeAfterAnswers(socket, true)) return
  // The peer is gone or has its answer.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error)
    return
  }
  answerRaw(rawProblem(error.code), socket, headers)
}

function answerRaw(problem: Problem, socket: Socket, headers: string): void {
  const body = JSON.stringify(problemDocument(problem))
  const { status } = problem
  socket.write(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Date: ${new Date().toUTCString()}`,
      'Connection: close',
      headers,
      body
    ].join('\r\n')
  )
  socket.destroySoon()
}

function rawProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', { maxBytes: headMaxLength })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', { seconds: requestTimeoutMs / 1_000 })
    default:
      return new Problem('malformed_request', { reason: 'not_http' })
  }
}
