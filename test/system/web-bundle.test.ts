import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { places } from '../../server/places.ts'

const scriptBudgetBytes = 145 * 1_000

/** Returns the files that the page loads first: its scripts, their static imports, and its styles. */
async function firstLoad(kind: 'js' | 'css'): Promise<string[]> {
  const page = await readFile(join(places.webApp, 'index.html'), 'utf8')
  const addresses = [...page.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="\/([^"]+)"/g)].map(
    ([, path]) => path!
  )
  const files = new Set(addresses.filter((path) => path.endsWith(`.${kind}`)))
  // Vite lists the first script's imports as modulepreload; checked here, so that the sum is complete.
  for (const file of files) {
    if (kind !== 'js') break
    const code = await readFile(join(places.webApp, file), 'utf8')
    for (const [, imported] of code.matchAll(/\b(?:import|from)\s*["']\.\/([^"']+\.js)["']/g))
      files.add(`assets/${imported}`)
  }
  return [...files]
}

async function gzipped(files: string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async (file) => gzipSync(await readFile(join(places.webApp, file)), { level: 9 }).length)
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

test('the web app’s first load is at most 145 kB of gzipped script', async () => {
  const scripts = await firstLoad('js')
  expect(scripts.length).toBeGreaterThan(0)
  expect(await gzipped(scripts)).toBeLessThanOrEqual(scriptBudgetBytes)
})

test('no script contains the schema library', async () => {
  for (const file of await readdir(join(places.webApp, 'assets'))) {
    if (!file.endsWith('.js')) continue
    const code = await readFile(join(places.webApp, 'assets', file), 'utf8')
    // A marker of every schema.
    expect(code.includes('~kind'), file).toBe(false)
  }
})

test('every built text file has a brotli and a gzip copy', async () => {
  const names = await readdir(places.webApp, { recursive: true })
  const texts = names.filter((name) => /\.(js|css|html)$/.test(name))
  expect(texts.length).toBeGreaterThanOrEqual(3)
  for (const name of texts) {
    const path = join(places.webApp, name)
    const bytes = await readFile(path)
    expect(brotliDecompressSync(await readFile(`${path}.br`)).equals(bytes), name).toBe(true)
    expect(gunzipSync(await readFile(`${path}.gz`)).equals(bytes), name).toBe(true)
  }
})
