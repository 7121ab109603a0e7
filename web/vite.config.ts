import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The server that `vite web` passes requests on to. */
const server = 'http://localhost:3000'

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    // The content security policy allows no data: fonts, and an SVG of 200 bytes is not worth one.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/service-worker/service-worker.ts' },
      // A service worker keeps its address: browsers look there for a new one.
      output: { entryFileNames: ({ name }) => (name === 'index' ? 'assets/[name]-[hash].js' : '[name].js') }
    }
  },
  server: {
    // Requests that change state need the server's own origin.
    proxy: { '/api': { target: server, changeOrigin: true, headers: { origin: server } } }
  }
})

/** Leaves a brotli and a gzip copy beside each text file that was built: the server sends them as they are. */
function precompress(): Plugin {
  let folder: string
  return {
    name: 'parley:precompress',
    apply: 'build',
    configResolved({ root, build }) {
      folder = join(root, build.outDir)
    },
    async writeBundle() {
      const names = await readdir(folder, { recursive: true })
      await Promise.all(
        names.filter((name) => /\.(js|css|html|svg|json|webmanifest)$/.test(name)).map(compress)
      )
    }
  }

  async function compress(name: string): Promise<void> {
    const path = join(folder, name)
    const bytes = await readFile(path)
    // Both at their highest level unless told otherwise.
    await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes))
    await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
  }
}
