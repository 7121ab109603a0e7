import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests on one connection that have no answer yet, the one that is being answered included. */
export const unansweredMax = 8
/** A peer that neither reads nor sends for this long is cut off, unless the answer is ours to make. */
export const stallMs = 30_000
/** The same while the server stops. */
const stallWhileClosingMs = 1_000

/** Node's internal fields. `finish` ends parsing; it returns an error in the middle of a request. */
type Parser = {
  onIncoming?: ((request: IncomingMessage, keepAlive: boolean) => number) | null
  finish(): Error | undefined
}
type Connection = Socket & { parser?: Parser | null; _httpMessage?: ServerResponse | null }

/** Pipelined requests of one connection: those that wait, in order, and whether later ones are dropped, or cannot be read. */
type Pipeline = { waiting: ServerResponse[]; full: boolean; broken: boolean }

/** Only of connections that have ever pipelined. */
const pipelines = new WeakMap<Socket, Pipeline>()
const connectionsOf = new WeakMap<Server, Set<Socket>>()

/**
 * Answers the requests of each connection one after the other (RFC 9112, 9.3.2), at most `unansweredMax` of them: the
 * connection is closed after the last of these. Cuts off peers that stall.
 */
export function serveConnections(server: Server, handler: RequestListener): void {
  const open = new Set<Socket>()
  connectionsOf.set(server, open)
  server.timeout = stallMs
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    limitPipeline(socket)
  })
  const answer: RequestListener = (request, response) => {
    // Node's parser drops what it got behind an upgrade, also behind one that is not made.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false
    if (response.socket) handler(request, response)
    else queue(request, response, handler)
  }
  server.on('request', answer)
  // An expectation that is not known may be ignored (RFC 9110, 10.1.1); Node's 417 would pass the queue.
  server.on('checkExpectation', answer)
  server.on('timeout', (socket: Connection) => {
    if (!waitsForUs(socket)) socket.destroy()
  })
}

/**
 * Closes idle connections, those that stall, and after `deadlineMs` all of them. The server takes no new ones meanwhile.
 */
export function closeConnections(server: Server, deadlineMs: number): void {
  server.timeout = stallWhileClosingMs
  for (const socket of connectionsOf.get(server) ?? []) socket.setTimeout(stallWhileClosingMs)
  server.closeIdleConnections()
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs)
  server.once('close', () => clearTimeout(deadline))
}

/**
 * Whether nothing else of this connection waits for an answer, or has begun to arrive. No request of it is parsed after
 * this.
 */
export function endRequests({ socket }: IncomingMessage, response: ServerResponse): boolean {
  const { parser } = socket as Connection
  const pipeline = pipelines.get(socket)
  const waits = pipeline && (pipeline.full || pipeline.waiting.length > 0)
  return response.socket === socket && !waits && !parser?.finish()
}

/**
 * Takes no more requests, and closes after those that have arrived are answered; false where none has. `broken`: the rest of
 * the last one cannot be read.
 */
export function closeAfterAnswers(socket: Connection, broken = false): boolean {
  const { _httpMessage: current } = socket
  if (!current?.req.complete) return false
  const pipeline = pipelineOf(socket)
  pipeline.full = true
  pipeline.broken = broken
  const last = pipeline.waiting.at(-1) ?? current
  if (!last.headersSent) last.setHeader('connection', 'close')
  else last.once('close', () => socket.destroySoon())
  return true
}

/** Forgets a connection whose socket `node:http` no longer has. */
export function releaseConnection(socket: Connection): void {
  const { server } = socket as unknown as { server: Server }
  connectionsOf.get(server)?.delete(socket)
  pipelines.delete(socket)
}

/** Drops requests beyond the limit as they are parsed, before Node keeps anything of them. */
function limitPipeline(socket: Connection): void {
  const { parser } = socket
  const take = parser?.onIncoming
  if (!parser || !take) return
  parser.onIncoming = (request, keepAlive) => {
    const pipeline = pipelines.get(socket)
    if (!pipeline) return take(request, keepAlive)
    if (pipeline.waiting.length + 1 >= unansweredMax && !pipeline.full) closeAfterAnswers(socket)
    return pipeline.full ? 0 : take(request, keepAlive)
  }
}

function queue(request: IncomingMessage, response: ServerResponse, handler: RequestListener): void {
  const { socket } = request
  const pipeline = pipelineOf(socket)
  pipeline.waiting.push(response)
  // Once its bytes are parsed: what is not read yet stays with the peer.
  process.nextTick(() => socket.pause())
  response.once('socket', () => {
    pipeline.waiting.shift()
    if (pipeline.waiting.length === 0) socket.resume()
    if (pipeline.broken && !request.complete) socket.destroySoon()
    else handler(request, response)
  })
}

function pipelineOf(socket: Socket): Pipeline {
  let pipeline = pipelines.get(socket)
  if (!pipeline) pipelines.set(socket, (pipeline = { waiting: [], full: false, broken: false }))
  return pipeline
}

/** Whether a quiet connection is quiet because its answer is not made yet. */
function waitsForUs({ _httpMessage: response, writableLength }: Connection): boolean {
  return !!response && response.req.complete && !response.writableEnded && writableLength === 0
}
