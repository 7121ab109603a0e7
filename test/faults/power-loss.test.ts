import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listFindings } from '../../server/platform/storage/findings.ts'
import { openConnection, openKysely } from '../../server/platform/storage/sqlite/connection.ts'
import { prepareSendBatch } from '../../server/messages/sqlite-batch.ts'
import { prepareWriter } from '../../server/platform/storage/sqlite/writer.ts'

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-power-'))
})
afterAll(() => rm(place, { recursive: true }))

/** A moment of a run: bytes of the write-ahead log written and synced, and messages acknowledged. */
type Moment = { written: number; synced: number; acknowledged: number }

/**
 * Sends under strace. Returns the resulting database and every moment at which one of these numbers changed.
 */
async function record(mode: 'store' | 'unsynced'): Promise<{ path: string; moments: Moment[] }> {
  const path = join(place, `${mode}.db`)
  const trace = join(place, `${mode}.trace`)
  const writer = new URL('./power-loss-writer.ts', import.meta.url).pathname
  const calls = 'pwrite64,fdatasync,fsync,write'
  const args = [
    '-f',
    '-y',
    '-s',
    '64',
    '-e',
    `trace=${calls}`,
    '-o',
    trace,
    process.execPath,
    writer,
    path,
    mode
  ]
  const run = spawnSync('strace', args, { encoding: 'utf8' })
  expect(run.stdout, run.stderr).toMatch(/ack 1\n/)

  const moments: Moment[] = []
  const now: Moment = { written: 0, synced: 0, acknowledged: 0 }
  /** The bytes that a thread's pending sync makes durable, by thread. */
  const syncing = new Map<string, number>()
  for (const line of (await readFile(trace, 'utf8')).split('\n')) {
    const thread = line.split(' ', 1)[0]!
    const write = /pwrite64\(\d+<[^>]*-wal>, .*, (\d+), (\d+)(?:\)| <unfinished)/.exec(line)
    const ack = /write\(1<[^>]*>, "ack (\d+)\\n"/.exec(line)
    if (write) now.written = Math.max(now.written, Number(write[1]) + Number(write[2]))
    else if (/f(data)?sync\(\d+<[^>]*-wal>/.test(line)) {
      if (line.includes('<unfinished')) syncing.set(thread, now.written)
      else now.synced = now.written
    } else if (/f(data)?sync resumed/.test(line) && syncing.has(thread)) {
      now.synced = Math.max(now.synced, syncing.get(thread)!)
      syncing.delete(thread)
    } else if (ack) now.acknowledged = Math.max(now.acknowledged, Number(ack[1]))
    else continue
    moments.push({ ...now })
  }
  expect(now.acknowledged).toBeGreaterThan(50)
  return { path, moments }
}

const frameBytes = 24 + 4_096
const headerBytes = 32

/** Returns the database as found with only the first `bytes` of its write-ahead log. */
async function findAfterLoss(
  path: string,
  bytes: number
): Promise<{ messages: number; findings: unknown[] }> {
  const found = join(place, 'found.db')
  await rm(`${found}-shm`, { force: true })
  await cp(path, found)
  await cp(`${path}-wal`, `${found}-wal`)
  const log = await open(`${found}-wal`, 'r+')
  await log.truncate(bytes)
  await log.close()
  const database = openConnection(found, 'writer')
  try {
    const db = openKysely(database)
    await prepareWriter(database, db, prepareSendBatch)
    const newest = database.prepare('SELECT MAX(last_position) AS position FROM conversations').get()
    return { messages: Number(newest?.['position'] ?? 0), findings: await listFindings(db, {}) }
  } finally {
    database.close()
  }
}

/**
 * Cuts the power at each moment with a new acknowledgement; returns how many acknowledged messages were lost.
 */
async function lostAt(path: string, moments: Moment[]): Promise<number> {
  let lost = 0
  const acks = moments.filter((moment, i) => moment.acknowledged > (moments[i - 1]?.acknowledged ?? 0))
  // One cut per durable length, at its last acknowledgement, which is the strictest.
  const cuts = new Map(acks.map((moment) => [moment.synced, moment.acknowledged]))
  for (const [synced, acknowledged] of cuts) {
    const { messages, findings } = await findAfterLoss(path, synced)
    expect(findings).toEqual([])
    lost += Math.max(0, acknowledged - messages)
  }
  return lost
}

test('D1: after a power loss at any acknowledgement that drops everything unsynced, every acknowledged message is there', async () => {
  const { path, moments } = await record('store')
  expect(await lostAt(path, moments)).toBe(0)
})

test('D1, control: with a lower synchronous setting the same check finds lost acknowledged messages', async () => {
  const { path, moments } = await record('unsynced')
  expect(await lostAt(path, moments)).toBeGreaterThan(0)
})

test.each(['store', 'unsynced'])(
  'D2: with the write-ahead log of the run %s cut at any frame, the database opens consistently with a prefix of the sends',
  async (mode) => {
    const path = join(place, `${mode}.db`)
    const { length } = await readFile(`${path}-wal`)
    let before = 0
    for (let bytes = headerBytes; bytes <= length; bytes += frameBytes) {
      const { messages, findings } = await findAfterLoss(path, bytes)
      expect(findings).toEqual([])
      expect(messages).toBeGreaterThanOrEqual(before)
      before = messages
    }
    expect(before).toBeGreaterThan(50)
  }
)
