import { join } from 'node:path'
import type { places as sourcePlaces } from './places.ts'

/** The same in a release, whose code lies in one folder (`scripts/build-server.ts`). */
export const places: typeof sourcePlaces = {
  webApp: join(import.meta.dirname, '../web'),
  openapi: join(import.meta.dirname, '../openapi.json'),
  storageWorker: new URL('./worker.js', import.meta.url)
}
