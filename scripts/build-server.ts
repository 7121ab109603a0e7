/**
 * Bundles the server into `dist/server` and completes `dist`, the content of a release. A part of `npm run
 * build`.
 */
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const release = join(root, 'dist')
const entries = new Set(['parley.js', 'worker.js'])

if (import.meta.main) await buildServer()

/** Writes everything of a release except the web app, which Vite builds. */
export async function buildServer(): Promise<void> {
  const unfinished = join(release, `server-${process.pid}`)
  await bundleInto(unfinished)
  await chmod(join(unfinished, 'parley.js'), 0o755)
  await moveFiles(unfinished, join(release, 'server'))

  await copyFile(join(root, 'docs/openapi.json'), join(release, 'openapi.json'))
  for (const name of ['LICENSE', 'CHANGELOG.md']) await copyFile(join(root, name), join(release, name))
  await writeFile(join(release, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`)
}

/**
 * Replaces the files of a folder with those of another. A process that starts meanwhile finds all its
 * imports: chunks are named by their content, and the entries that import them are moved last.
 */
async function moveFiles(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).toSorted((a, b) => Number(entries.has(a)) - Number(entries.has(b)))
  await mkdir(to, { recursive: true })
  for (const name of names) await rename(join(from, name), join(to, name))
  await rm(from, { recursive: true })
  for (const name of await readdir(to)) if (!names.includes(name)) await rm(join(to, name))
}

async function bundleInto(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    root,
    resolve: { alias: [{ find: /^.*\/places\.ts$/, replacement: join(root, 'server/released-places.ts') }] },
    // pg imports pg-native only if it is installed.
    ssr: { noExternal: true, external: ['pg-native'] },
    build: {
      ssr: true,
      target: 'esnext',
      outDir: folder,
      emptyOutDir: true,
      // Keeps stack traces readable; a source map would cost 5 MB of memory.
      minify: false,
      license: { fileName: 'licenses.md' },
      rolldownOptions: {
        input: {
          parley: join(root, 'server/parley.js'),
          worker: join(root, 'server/storage-worker.ts')
        },
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
          // V8 stores a file with characters beyond Latin-1 at two bytes per character.
          charset: 'ascii',
          comments: false
        }
      }
    }
  })
}

/** The release's package.json. It has no dependencies, because the bundle contains them. */
async function manifest() {
  const text = await readFile(join(root, 'package.json'), 'utf8')
  const { version, description, license, engines } = JSON.parse(text) as Record<string, unknown>
  return {
    name: 'parley',
    version,
    // Prevents publishing to a public registry.
    private: true,
    description,
    license,
    type: 'module',
    bin: { parley: 'server/parley.js' },
    files: ['server', 'web', 'openapi.json', 'CHANGELOG.md'],
    engines
  }
}
