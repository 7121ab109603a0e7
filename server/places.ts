import { join } from 'node:path'

/** Where the server finds the files that it reads. In a release, `released-places.ts` stands in for this module. */
export const places = {
  /** What Vite builds of `web/`. */
  webApp: join(import.meta.dirname, '../dist/web'),
  openapi: join(import.meta.dirname, '../docs/openapi.json'),
  storageWorker: new URL('./storage-worker.ts', import.meta.url)
}
