import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What is imported of libraries that are hundreds of small files, all of which are loaded: 80 ms and 25 MB for each of these
 * two in each thread. Packed into a file or two they take 7 ms and 5 MB.
 */
export const libraries = { kysely: ['kysely', 'kysely/migration'], typebox: ['typebox'] }

const modules = join(import.meta.dirname, '../node_modules')

/** Where `npm run build` leaves such a library; another version of it is elsewhere. */
export function packedFolder(library: string): string {
  const { version } = JSON.parse(readFileSync(join(modules, library, 'package.json'), 'utf8')) as {
    version: string
  }
  return join(modules, '.cache/parley', `${library}-${version}`)
}

/** The file in it that stands for what is imported as `specifier`. */
export function packedFile(library: string, specifier: string): string {
  return join(packedFolder(library), `${specifier}.js`)
}
