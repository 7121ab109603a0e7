import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './parley.ts'

/** A private nats-server on the loopback interface. */
export type Nats = {
  readonly port: number
  /** The value for NATS_URL. */
  readonly url: string
  stop(): Promise<void>
  /** Restarts it on the same port and waits until it answers. */
  start(): Promise<void>
  /** Stops it permanently. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const place = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find((path) =>
  existsSync(path)
)

/** False if nats-server is not installed (Debian: apt-get install nats-server). */
export const hasNats = place !== undefined

/** Starts nats-server on a free port; `config` is appended to its configuration file. */
export async function startNats({ config = '' } = {}): Promise<Nats> {
  if (!place) throw new Error('no nats-server; on Debian: apt-get install nats-server')
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'parley-nats-'))
  const configPath = join(folder, 'nats.conf')
  await writeFile(configPath, `listen: "127.0.0.1:${port}"\n${config}`)
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const child = spawn(place!, ['-c', configPath], { stdio: ['ignore', 'ignore', 'pipe'] })
    let printed = ''
    child.stderr.on('data', (chunk: Buffer) => void (printed += chunk.toString()))
    server = child
    const ended = once(child, 'exit').then(() => {
      throw new Error(`nats-server ended before it was ready:\n${printed}`)
    })
    ended.catch(() => {})
    await Promise.race([untilGreeted(port), ended])
  }
  async function stop(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  async function close(): Promise<void> {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  await start()
  return { port, url: `nats://127.0.0.1:${port}`, stop, start, close, [Symbol.asyncDispose]: close }
}

/** Waits for the INFO line that NATS sends on each new connection. */
async function untilGreeted(port: number, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    const greeted = await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false)
    ]).catch(() => false)
    socket.destroy()
    if (greeted) return
    await delay(25)
  }
  throw new Error(`nats-server did not answer within ${timeoutMs} ms`)
}
