import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Exposition } from './exposition.ts'

/** Where metrics are read, and the end of it. */
export type MetricsListener = { readonly url: string; close(): void }

/** Answers `/metrics` on an address of its own, and nothing else. Throws where it cannot listen. */
export async function listenForMetrics(
  shown: Exposition,
  { host, port }: { host: string; port: number }
): Promise<MetricsListener> {
  const server = createServer((request, response) => void answer(shown, request, response))
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
  else response.writeHead(200, { 'content-type': shown.contentType }).end(await shown.text())
}
