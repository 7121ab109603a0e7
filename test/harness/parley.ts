import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export type Parley = {
  /** The origin that it listens on, `http://localhost:<port>`. */
  readonly url: string
  readonly dataDir: string
  readonly pid: number
  /** Returns its output since it was first started. */
  output(): string
  /** Sends a signal (SIGKILL by default) and waits for the process to exit. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  /** Resolves when the current process has exited for any reason. */
  ended(): Promise<Exit>
  /** Restarts it on the same port and data; kills it first if it is running. */
  restart(env?: Record<string, string>): Promise<void>
  /** Stops it and removes its data folder, unless the caller supplied the folder. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
export type Exit = { code: number | null; signal: NodeJS.Signals | null }

export const repository = new URL('../..', import.meta.url).pathname
/** The release that `npm run build` makes of this checkout; tests and benches run it. */
export const release = join(repository, 'dist')

/** Returns a TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Returns the environment without Parley's settings and with Node 26 first on the path. */
export function cleanEnv(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own =
    /^(PORT|HOST|ORIGIN|DATA_DIR|DATABASE_URL|NATS_URL|NODE_ENV|NODE_OPTIONS|GITHUB_.*|PARLEY_.*|VITEST.*)$/
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name))
  return {
    ...Object.fromEntries(kept),
    PATH: `${join(repository, 'node_modules/.bin')}:${process.env['PATH']}`,
    ...env
  }
}

export type ParleyOptions = {
  env?: Record<string, string>
  dataDir?: string
  port?: number
  /**
   * An unpacked release, or an older checkout that runs from its sources. Defaults to this checkout's
   * release.
   */
  folder?: string
  /** The only core that the process may use. */
  core?: number
  /**
   * Returns a command that wraps the first start. It must replace itself with Parley, as `strace -D` does.
   */
  under?: (dataDir: string) => string[]
}

/**
 * Starts Parley as a child process, on a free port with an empty data folder, and waits until it is ready.
 */
export async function startParley(options: ParleyOptions = {}): Promise<Parley> {
  const port = options.port ?? (await freePort())
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'parley-test-')))
  const url = `http://localhost:${port}`
  let printed = ''
  // Older versions may reject the setting.
  const unlimited = options.folder === undefined ? { PARLEY_RATE_LIMITS: 'off' } : {}

  const keep = (chunk: Buffer) => void (printed += chunk.toString())

  type Started = { child: ChildProcess; closed: Promise<unknown> }
  async function start(env: Record<string, string> = {}, under: string[] = []): Promise<Started> {
    const pinned = options.core === undefined ? [] : ['taskset', '-c', String(options.core)]
    const [program, ...args] = [...under, ...pinned, './server/parley.js', 'serve']
    const child = spawn(program, args, {
      cwd: options.folder ?? release,
      env: cleanEnv({ PORT: String(port), DATA_DIR: dataDir, ...unlimited, ...options.env, ...env }),
      stdio: ['ignore', 'pipe', 'pipe']
    })
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    // `close` fires after the exit and the last output.
    const closed = new Promise((resolve) => child.once('close', resolve))
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Parley ended before it was ready:\n${printed}`)
    })
    ended.catch(() => {})
    try {
      await Promise.race([untilReady(url), ended])
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    return { child, closed }
  }

  const removeData = async () => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  let started = await start({}, options.under?.(dataDir)).catch(async (error: unknown) => {
    await removeData()
    throw error
  })
  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    started.child.kill(signal)
    return ended()
  }
  async function ended(): Promise<Exit> {
    const { child, closed } = started
    await closed
    return { code: child.exitCode, signal: child.signalCode }
  }
  async function stop(): Promise<void> {
    await kill()
    await removeData()
  }
  return {
    url,
    dataDir,
    get pid() {
      return started.child.pid!
    },
    output: () => printed,
    kill,
    ended,
    async restart(env) {
      await kill()
      started = await start(env)
    },
    stop,
    [Symbol.asyncDispose]: stop
  }
}

/** Polls, because a process does not announce outside that it is ready. */
async function untilReady(url: string, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return
    await delay(25)
  }
  throw new Error(`${url} was not ready within ${timeoutMs} ms`)
}
