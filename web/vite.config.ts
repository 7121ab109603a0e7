import { createHash } from 'node:crypto'
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { lingui } from '@lingui/vite-plugin'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { linguiMacros } from './macros.ts'

const fontLicense = fileURLToPath(import.meta.resolve('@fontsource-variable/inter/LICENSE'))

/** The server to which `vite web` proxies requests. */
const server = 'http://localhost:3000'

export default defineConfig({
  plugins: [
    ...inlineClassNames(),
    // Before React: its compiler must not see macros.
    linguiMacros(),
    lingui({ cwd: import.meta.dirname, failOnCompileError: true }),
    react(),
    finish()
  ],
  css: { modules: { generateScopedName: (name, file) => classNameOf(file, name) } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' },
    // The content security policy forbids data: URLs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/service-worker/service-worker.ts' },
      // A service worker needs a stable URL: browsers look there for updates.
      output: { entryFileNames: ({ name }) => (name === 'index' ? 'assets/[name]-[hash].js' : '[name].js') }
    }
  },
  server: {
    // Requests that change state need the server's own origin.
    proxy: { '/api': { target: server, changeOrigin: true, headers: { origin: server } } }
  }
})

/** The name of a class in the page: short, and the same in every build. A test finds two modules of one name. */
const classNameOf = (file: string, name: string) => `${basename(file, '.module.css')}-${name}`

const styleImports = /^import (styles|\w+Styles) from ('(.+\.module\.css)')/gm

/** Writes class names where components use them, so that the page loads no lists of them. A test keeps to the pattern. */
function inlineClassNames(): Plugin[] {
  return [
    {
      name: 'parley:inline-class-names',
      apply: 'build',
      enforce: 'pre',
      transform: {
        filter: { id: /\.tsx$/ },
        handler: (code) => Array.from(code.matchAll(styleImports)).reduce(inline, code)
      }
    },
    {
      // Vite has taken the styles by now; without a list they would seem to be unused.
      name: 'parley:no-class-lists',
      apply: 'build',
      enforce: 'post',
      transform: {
        filter: { id: /\.module\.css$/ },
        handler: () => ({ code: '', moduleSideEffects: 'no-treeshake' })
      }
    }
  ]
}

function inline(code: string, [statement, variable, path, file]: RegExpExecArray): string {
  return code
    .replace(statement, `import ${path}`)
    .replaceAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'), (_use, name) => `'${classNameOf(file!, name)}'`)
}

/** Completes the build: the service worker's file list, licences, and compressed text files. */
function finish(): Plugin {
  let folder: string
  return {
    name: 'parley:finish',
    apply: 'build',
    configResolved({ root, build }) {
      folder = join(root, build.outDir)
    },
    async writeBundle() {
      const names = (await readdir(folder, { recursive: true })).toSorted()
      await listFiles(names)
      // Vite lists the licences of code only.
      await appendFile(join(folder, 'licenses.md'), `\n## Inter\n\n${await readFile(fontLicense, 'utf8')}`)
      await Promise.all(
        names.filter((name) => /\.(js|css|html|svg|json|webmanifest)$/.test(name)).map(compress)
      )
    }
  }

  /** Inserts the files to cache into the service worker. Its text changes with them, so browsers detect a new version. */
  async function listFiles(names: string[]): Promise<void> {
    const own = /^(index\.html|service-worker\.js|licenses\.md)$|\.(woff2|br|gz)$/
    const files = names.filter((name) => /\.\w+$/.test(name) && !own.test(name)).map((name) => `/${name}`)
    const version = createHash('sha256').update(JSON.stringify(files))
    for (const name of ['index.html', ...names.filter((name) => /^[^/]+\.js$/.test(name))])
      version.update(await readFile(join(folder, name)))
    const path = join(folder, 'service-worker.js')
    const list = `const appFiles=${JSON.stringify(files)},appVersion=${JSON.stringify(version.digest('hex').slice(0, 16))};`
    await writeFile(path, `${list}\n${await readFile(path, 'utf8')}`)
  }

  /** Writes a brotli and a gzip copy beside a file; the server sends these unchanged. */
  async function compress(name: string): Promise<void> {
    const path = join(folder, name)
    const bytes = await readFile(path)
    // Both default to their highest level.
    await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes))
    await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
  }
}
