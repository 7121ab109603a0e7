import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '@parley/contract/paths'
import type { Server } from '../deps.ts'

const document = join(import.meta.dirname, '../../../docs/openapi.json')

/** `/api/openapi.json`, as it was written last: what makes it of the routes is not loaded to serve people. */
export function openapiRoutes(server: Server): void {
  server.get(paths.openapi, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(await readFile(document, 'utf8'))
  )
}
