import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exposition } from './exposition.ts'

/** Requests of one connection at most; then it closes. */
const requestsMax = 8
/** A peer that reads nothing for this long is cut off. */
const stallMs = 30_000

/** Where metrics are read, and the end of it. */
export type MetricsListener = { readonly url: string; close(): void }

/** Answers `/metrics` on an address of its own, and nothing else. Throws where it cannot listen. */
export async function listenForMetrics(
  shown: Exposition,
  { host, port }: { host: string; port: number },
  onFailure: (error: unknown) => void
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    answer(shown, request, response).catch((error: unknown) => {
      onFailure(error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  // Answers that are not read pile up no further.
  server.maxRequestsPerSocket = requestsMax
  server.timeout = stallMs
  server.listen(port, host)
  await once(server, 'listening').catch((error: Error) => {
    throw new Error(`PARLEY_METRICS_PORT: ${error.message}`, { cause: error })
  })
  const { port: found } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${found}/metrics`,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

async function answer(shown: Exposition, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.split('?', 1)[0] !== '/metrics') response.writeHead(404).end()
  else if (request.method !== 'GET') response.writeHead(405, { allow: 'GET' }).end()
  else {
    const text = await shown.text()
    response.writeHead(200, { 'content-type': shown.contentType }).end(text)
  }
}
