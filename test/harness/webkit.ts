import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { existsSync } from 'node:fs'
import type { EngineTab } from './engine-tab.ts'
import { freePort } from './parley.ts'

const driverPath = '/usr/bin/WebKitWebDriver'
/** Debian's multiarch folders. */
const browserPaths = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`
)

/** WebDriver's codes for keys. */
const keys = { Enter: '\uE007', Escape: '\uE00C', ArrowUp: '\uE013', ArrowDown: '\uE015' }
const elementId = 'element-6066-11e4-a52e-4f735466cecf'

/**
 * Opens a WebKitGTK window (Safari's engine) over W3C WebDriver on its own display. Disposing of it ends all
 * processes.
 */
export async function openWebKit(): Promise<EngineTab> {
  const binary = browserPaths.find((path) => existsSync(path))
  if (!binary || !existsSync(driverPath) || !existsSync('/usr/bin/Xvfb'))
    throw new Error('no WebKit; on Debian: apt-get install webkit2gtk-driver xvfb')
  const stack = new AsyncDisposableStack()
  const display = await openDisplay(stack)
  const port = await freePort()
  const driver = spawn(driverPath, [`--port=${port}`], {
    env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: '1', NO_AT_BRIDGE: '1' },
    stdio: 'ignore'
  })
  stack.defer(() => end(driver))
  const base = `http://127.0.0.1:${port}`
  await ready(base)
  const { sessionId } = await command<{ sessionId: string }>(`${base}/session`, {
    capabilities: {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } }
    }
  })
  const session = `${base}/session/${sessionId}`
  stack.defer(async () => void (await fetch(session, { method: 'DELETE' }).catch(() => {})))
  const type = (text: string) =>
    command(`${session}/actions`, {
      actions: [{ type: 'key', id: 'keyboard', actions: Array.from(text).flatMap(hold) }]
    })
  return {
    open: async (url) => void (await command(`${session}/url`, { url })),
    reload: async () => void (await command(`${session}/refresh`, {})),
    run: (expression) => command(`${session}/execute/sync`, { script: `return (${expression})`, args: [] }),
    async click(selector) {
      const found = await command<Record<string, string>>(`${session}/element`, {
        using: 'css selector',
        value: selector
      })
      await command(`${session}/element/${found[elementId]}/click`, {})
    },
    type: async (text) => void (await type(text)),
    press: async (key) => void (await type(keys[key])),
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

const hold = (value: string) => [
  { type: 'keyDown', value },
  { type: 'keyUp', value }
]

/** Starts an X server on a free display; returns the display's name. */
async function openDisplay(stack: AsyncDisposableStack): Promise<string> {
  const server = spawn(
    '/usr/bin/Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe']
    }
  )
  stack.defer(() => end(server))
  const [number] = (await once(server.stdio[3] as Readable, 'data')) as [Buffer]
  return `:${number.toString().trim()}`
}

async function command<Value>(url: string, body: unknown): Promise<Value> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${url}: ${value.error} ${value.message}`)
  return value
}

/** Resolves when the driver answers. */
async function ready(base: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${base}/status`).catch(() => null)
    if (response?.ok) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
