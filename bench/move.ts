import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { call } from '../test/harness/api.ts'
import { createCrowd, type Member } from '../test/harness/crowd.ts'
import { cleanEnv, release, startParley } from '../test/harness/parley.ts'
import { administer, createDatabase, startPostgres } from '../test/harness/postgres.ts'
import { writeHistory } from './history.ts'
import type { Bench } from './result.ts'

export const move: Bench = {
  name: 'move',
  title: 'Moving a million messages to Postgres',
  description:
    'Runs `parley migrate --to postgres://…` as an administrator does: a stopped SQLite file with a million messages, their ' +
    'keys and both users’ events, into an empty Postgres on disk with fsync on. It ends when every row was read back ' +
    'and compared, and everything is committed. Afterwards a Parley on Postgres gives every user the cursor they had.',
  async run(size, log) {
    const [messages, people] = size === 'full' ? [1_000_000, 400] : [1_000, 40]
    const { dataDir, members, pairs } = await createCrowd(people, { paired: true })
    await using postgres = await startPostgres({ onDisk: true, settings: { max_wal_size: '1GB' } })
    try {
      const path = join(dataDir, 'parley.db')
      writeHistory(path, pairs, messages)
      log(`${Math.round((await stat(path)).size / 2 ** 20)} MB in SQLite`)
      const some = members.slice(0, 8)
      const before = await cursorsOf({ DATA_DIR: dataDir }, some)
      const url = await createDatabase(postgres.adminUrl)
      const { seconds, rows, peakMegabytes } = await migrate(dataDir, url, log)
      const [moved] = await administer<{ count: number }>(url, 'SELECT count(*)::int AS count FROM messages')
      if (moved?.count !== messages) throw new Error(`${moved?.count} of ${messages} messages are there`)
      const after = await cursorsOf({ DATABASE_URL: url }, some)
      if (after.join() !== before.join())
        throw new Error(`cursors were ${before.join()}, now ${after.join()}`)
      return {
        rows: [
          { what: 'messages moved a second', unit: '/s', parley: [messages / seconds] },
          { what: 'rows moved a second, compared and committed', unit: '/s', parley: [rows / seconds] },
          { what: 'the whole move', unit: 's', parley: [seconds] },
          { what: 'memory of the move at most', unit: 'MB', parley: [peakMegabytes] }
        ]
      }
    } finally {
      await rm(dataDir, { recursive: true })
    }
  }
}

/** Runs the command to its end. Throws if it fails. */
async function migrate(dataDir: string, url: string, log: (line: string) => void) {
  const startedAt = performance.now()
  const child = spawn('./server/parley.js', ['migrate', '--to', url], {
    cwd: release,
    env: cleanEnv({ DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(child, 'close')
  let printed = ''
  let peakMegabytes = 0
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    peakMegabytes = Math.max(peakMegabytes, peakOf(child.pid!))
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    for (const line of String(chunk).trim().split('\n')) log(`${seconds} s: ${line.trim()}`)
  }
  const [code] = (await closed) as [number | null]
  if (code !== 0) throw new Error(`the move failed: ${printed}`)
  const rows = Number(/compared row by row: (\d+) rows/.exec(printed)![1])
  return { seconds: (performance.now() - startedAt) / 1_000, rows, peakMegabytes }
}

/** Returns the peak memory of a process so far; nothing if it has exited. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}

/** Returns the cursors from a Parley on this database, in the order of `members`. */
async function cursorsOf(env: Record<string, string>, members: Member[]): Promise<(string | null)[]> {
  await using parley = await startParley({
    env: { PARLEY_LOG_LEVEL: 'warn', ...env },
    ...(env['DATA_DIR'] && { dataDir: env['DATA_DIR'] })
  })
  const cursors: (string | null)[] = []
  for (const { token } of members) {
    const headers = { authorization: `Bearer ${token}` }
    cursors.push((await call(`${parley.url}/api/conversations`, { headers })).headers.get('event-cursor'))
  }
  await parley.kill('SIGTERM')
  return cursors
}
