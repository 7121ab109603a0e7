/** Packs some libraries into a file or two each, which the server loads in their place: a part of `npm run build`. */
import { rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { libraries, packedFolder } from '../server/packed.ts'

for (const [library, specifiers] of Object.entries(libraries)) {
  const folder = packedFolder(library)
  // Whole, or not there.
  const unfinished = `${folder}.new`
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir: unfinished,
      emptyOutDir: true,
      rolldownOptions: {
        input: Object.fromEntries(specifiers.map((each) => [each, fileURLToPath(import.meta.resolve(each))])),
        output: { entryFileNames: '[name].js' }
      }
    }
  })
  await rm(folder, { recursive: true, force: true })
  await rename(unfinished, folder)
}
