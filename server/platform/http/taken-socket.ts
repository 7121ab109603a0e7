import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { releaseConnection } from './connections.ts'

/** What Node's own modules share, and says it may change: without it streams are the same, and cost twice the memory. */
type HttpCommon = { freeParser?: (parser: object, request: IncomingMessage, socket: Socket) => void }
const { freeParser } = (process.getBuiltinModule('_http_common') ?? {}) as HttpCommon

const listenedTo = ['data', 'end', 'close', 'drain', 'timeout', 'error', 'pause', 'resume']

/**
 * Takes the socket of an answered request away from `node:http`, as Node does for an upgrade: the parser (6 kB) waits for
 * other requests, and the socket holds neither request nor response. What its peer sends from here on is read and dropped.
 */
export function takeSocket(request: IncomingMessage, response: ServerResponse): Socket {
  const { socket } = request
  releaseConnection(socket)
  const { parser } = socket as { parser?: object | null }
  if (!freeParser || !parser || socket.destroyed) return socket
  freeParser(parser, request, socket)
  response.detachSocket(socket)
  for (const event of listenedTo) socket.removeAllListeners(event)
  return socket.resume()
}
