import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { paths } from '@parley/contract/paths'
import { acceptsGzip } from './compression.ts'
import { places } from '../../places.ts'
import type { Server } from './fastify-server.ts'

type Document = { plain: Buffer; compressed: Buffer }

/** `/api/openapi.json`, as it was written last: what makes it of the routes is not loaded to serve people. */
export function openapiRoutes(server: Server): void {
  let reading: Promise<Document> | undefined
  const options = { access: 'public', rate: 'public', schema: { hide: true } } as const
  server.get(paths.openapi, options, async (request, reply) => {
    // Read and compressed once, and every answer shares the bytes.
    reading ??= readDocument().catch((error: unknown) => {
      reading = undefined
      throw error
    })
    const { plain, compressed } = await reading
    reply.type('application/json; charset=utf-8').header('vary', 'Accept-Encoding')
    return acceptsGzip(request)
      ? reply.header('content-encoding', 'gzip').send(compressed)
      : reply.send(plain)
  })
}

async function readDocument(): Promise<Document> {
  const plain = await readFile(places.openapi)
  return { plain, compressed: await promisify(gzip)(plain) }
}
