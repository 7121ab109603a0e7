import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** `PARLEY_TEST_CHROMIUM`, else the system's Chromium. */
function chromiumPath(): string {
  const found = [process.env['PARLEY_TEST_CHROMIUM'] ?? '', ...places].find(
    (path) => path && existsSync(path)
  )
  if (!found) throw new Error(`no Chromium at ${places.join(', ')}; on Debian: apt-get install chromium`)
  return found
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** One person's browser, with its own process and profile, isolated from all others. */
export type Browser = {
  context: BrowserContext
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

type LaunchOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>

/** Launches Chromium with a new user-data folder, which `close()` removes. */
export async function openBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'parley-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: flags,
    ...options
  })
  const close = async () => {
    await context.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  return { context, close, [Symbol.asyncDispose]: close }
}
