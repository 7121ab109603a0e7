import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client, type QueryResultRow } from 'pg'
import { freePort } from './parley.ts'

const run = promisify(execFile)

/** The Postgres version that the tests use. */
const version = newestVersion()
/** Debian's folder for the Postgres programs. */
export const programs = `/usr/lib/postgresql/${version}/bin`
const password = 'sesame'
/** The server's system user: Postgres refuses to run as root. */
const asPostgres =
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--reset-env']
    : []

export const hasPostgres = version !== null

/** A private Postgres on a free loopback port. */
export type Postgres = {
  /** The superuser's URL of the database `postgres`. */
  readonly adminUrl: string
  readonly port: number
  readonly pid: number
  /** The data folder. */
  readonly data: string
  /** Returns its log since it was first started. */
  output(): string
  /** Stops it and waits for its exit. SIGINT is a fast shutdown; SIGKILL crashes all its processes. */
  kill(signal?: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Restarts it on the same port and data, after a fast shutdown if it is running. */
  restart(settings?: Record<string, string>): Promise<void>
  /** Stops it and removes its data. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a Postgres with an empty data folder and `settings` for postgresql.conf. If the caller supplies
 * `data`, the caller also removes it. `onDisk` is for benches: fsync then has its real cost.
 */
export async function startPostgres(
  options: { settings?: Record<string, string>; data?: string; onDisk?: boolean } = {}
): Promise<Postgres> {
  const place = await mkdtemp(join(options.onDisk ? tmpdir() : memoryFolder(), 'parley-postgres-'))
  const data = options.data ?? join(place, 'data')
  await giveToPostgres(place)
  if (!options.data) await run('cp', ['-a', await template(), data])
  const port = await freePort()
  let printed = ''

  async function start(settings: Record<string, string> = {}): Promise<ChildProcess> {
    const given = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: place,
      max_wal_size: '256MB',
      ...options.settings,
      ...settings
    }
    const [command, ...args] = [
      ...asPostgres,
      `${programs}/postgres`,
      '-D',
      data,
      ...Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    ]
    const child = spawn(command!, args, { cwd: place, stdio: ['ignore', 'ignore', 'pipe'] })
    await new Promise<void>((resolve, reject) => {
      let startup = ''
      child.stderr.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        startup += chunk.toString()
        if (/ready to accept (read-only )?connections/.test(startup)) resolve()
      })
      child.once('close', () => reject(new Error(`Postgres ended before it was ready:\n${startup}`)))
    })
    return child
  }

  let child = await start()
  const running = () => child.exitCode === null && child.signalCode === null
  async function kill(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (!running()) return
    const ended = once(child, 'close')
    const others = signal === 'SIGKILL' ? childrenOf(child.pid!) : []
    child.kill(signal)
    for (const pid of others) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has already exited.
      }
    }
    await ended
  }
  async function stop(): Promise<void> {
    await kill('SIGQUIT')
    await rm(place, { recursive: true, force: true })
  }
  return {
    adminUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    get pid() {
      return child.pid!
    },
    data,
    output: () => printed,
    kill,
    async restart(settings) {
      await kill()
      child = await startOnceFree(() => start(settings))
    },
    stop,
    [Symbol.asyncDispose]: stop
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/**
 * After a crash, the old processes hold the shared memory for a moment. No event reports when they release
 * it, so the start is retried.
 */
async function startOnceFree(start: () => Promise<ChildProcess>): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (attempt === 100 || !/shared memory|lock file/.test(String(error))) throw error
      await delay(100)
    }
  }
}

/** Runs one statement as the superuser. */
export async function administer<Row extends QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  // A server that shuts down emits an error here as well; the query has already failed.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

/** Creates a database and returns its URL for the owner `parley`, who is not a superuser. */
export async function createDatabase(adminUrl: string): Promise<string> {
  const name = `parley_${randomUUID().replaceAll('-', '')}`
  await administer(adminUrl, `CREATE DATABASE ${name} OWNER parley`)
  const url = new URL(adminUrl)
  url.username = 'parley'
  url.pathname = `/${name}`
  return url.href
}

/** Returns an initialised data folder, created once per machine and copied for every server. */
async function template(): Promise<string> {
  const made = join(tmpdir(), `parley-postgres-template-${version}-${process.getuid?.()}`)
  if (existsSync(made)) return made
  const place = await mkdtemp(join(tmpdir(), 'parley-postgres-making-'))
  const data = join(place, 'data')
  await writeFile(join(place, 'password'), password)
  await giveToPostgres(place)
  // A collation other than C, as most servers have: statements that rely on byte order must say so.
  const options = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en']
  const [command, ...args] = [
    ...asPostgres,
    `${programs}/initdb`,
    '--no-sync',
    '--auth=scram-sha-256',
    '--username=postgres',
    `--pwfile=${join(place, 'password')}`,
    ...options,
    data
  ]
  await run(command, args)
  const server = await startPostgres({ data })
  await administer(server.adminUrl, `CREATE ROLE parley LOGIN PASSWORD '${password}'`)
  await server.kill()
  await server.stop()
  // Another process created the same template in the meantime.
  await rename(data, made).catch(() => {})
  await rm(place, { recursive: true, force: true })
  return made
}

async function giveToPostgres(place: string): Promise<void> {
  if (asPostgres.length > 0) await run('chown', ['-R', 'postgres:postgres', place])
}

/**
 * Returns a folder in memory if there is room: fsync is free there, and killing processes does not lose it.
 */
function memoryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > 2 ** 31) return '/dev/shm'
  } catch {
    // Not available on this system.
  }
  return tmpdir()
}

function newestVersion(): number | null {
  const place = '/usr/lib/postgresql'
  const versions = existsSync(place) ? readdirSync(place).map(Number) : []
  const usable = versions.filter((each) => each >= 15 && existsSync(`${place}/${each}/bin/postgres`))
  return usable.length > 0 ? Math.max(...usable) : null
}
