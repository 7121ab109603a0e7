import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backUp, restore } from '../../../../server/platform/storage/sqlite/backup.ts'
import { openSqliteStore, openSqliteStoreForCommand } from '../../../../server/sqlite-store.ts'
import { backUpBeforeBreak } from '../../../../server/platform/storage/sqlite/upgrade-backup.ts'
import { sendOf, startPair } from '../../../fixtures/people.ts'

let place: string
let path: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  path = join(place, 'parley.db')
})
afterEach(() => rm(place, { recursive: true }))

/** Opens the store, runs `use`, closes it. Returns its epoch and whether the epoch was renewed. */
async function withStore(
  use: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<void> = async () => {}
) {
  const store = await openSqliteStore(path)
  await use(store)
  await store.close()
  return { epoch: store.epoch, renewed: store.renewed }
}

describe('A database', () => {
  test('R1: keeps its epoch over a restart', async () => {
    const first = await withStore(async (store) => void (await startPair(store)))
    expect(first.renewed).toBeNull()
    expect(await withStore()).toEqual(first)
  })

  test('R1: gets a new epoch when an older copy is put back without parley restore, even over the same file', async () => {
    const first = await withStore(async (store) => void (await startPair(store)))
    const older = await readFile(path)
    await withStore(async (store) => void (await startPair(store)))
    const inode = (await stat(path)).ino
    await writeFile(path, older)
    expect((await stat(path)).ino).toBe(inode)
    const restored = await withStore()
    expect(restored.renewed).toBe('older than it was')
    expect(restored.epoch).not.toBe(first.epoch)
    expect(await withStore()).toEqual({ epoch: restored.epoch, renewed: null })
  })

  test('R1: gets a new epoch when it is a copy of another file', async () => {
    const first = await withStore(async (store) => void (await startPair(store)))
    await cp(path, `${path}.copy`)
    await rm(path)
    await cp(`${path}.copy`, path)
    const copied = await withStore()
    expect(copied.renewed).toBe('another file than it was')
    expect(copied.epoch).not.toBe(first.epoch)
  })

  test('R3: has one writer: a second server is refused, and so is a command that writes directly', async () => {
    await withStore(async () => {
      await expect(openSqliteStore(path)).rejects.toThrow(/another Parley runs/)
      await expect(openSqliteStoreForCommand(path)).rejects.toThrow(/another Parley runs/)
    })
    const command = await openSqliteStoreForCommand(path)
    await expect(openSqliteStore(path)).rejects.toThrow(/another Parley runs/)
    const user = { username: 'guest', key: 'guest', avatarURL: null, githubId: null, now: 0 }
    expect(await command.write('addUser', user)).toMatchObject({ username: 'guest' })
    await command.close()
  })
})

describe('A backup', () => {
  test('R2: taken while messages are sent is consistent, contains every earlier acknowledged message, and can be restored', async () => {
    const copy = join(place, 'copy.db')
    let acknowledged = 0
    let conversation = 0
    let viewerId = 0
    const first = await withStore(async (store) => {
      const { john, conversationId } = await startPair(store)
      conversation = conversationId
      viewerId = john.userId
      const send = (i: number) => store.send(sendOf(john.userId, conversationId, `m ${i}`))
      for (; acknowledged < 50; acknowledged++) await send(acknowledged)
      const later = Array.from({ length: 200 }, (_, i) => send(50 + i))
      await backUp(path, copy)
      await Promise.all(later)
    })
    await expect(backUp(path, copy)).rejects.toThrow(/there already/)
    expect((await stat(copy)).mode & 0o777).toBe(0o600)

    const { kept } = await restore(path, copy)
    expect(kept).toMatch(/parley\.db\.replaced-/)
    const restored = await withStore(async (store) => {
      expect(await store.read('listFindings', {})).toEqual([])
      const last = await store.read('getConversation', { viewerId, id: conversation })
      expect(last!.lastMessage!.position).toBeGreaterThanOrEqual(acknowledged)
    })
    expect(restored.epoch).not.toBe(first.epoch)
    expect(restored.renewed).toBe('another file than it was')
  })

  test('of another kind of database, or beside a running server, is refused and changes nothing', async () => {
    await withStore(async (store) => {
      await startPair(store)
      await expect(restore(path, path)).rejects.toThrow(/another Parley runs/)
    })
    const before = await readFile(path)
    await expect(restore(path, join(place, 'missing.db'))).rejects.toThrow(/no file/)
    const other = join(place, 'other.db')
    new DatabaseSync(other).exec('CREATE TABLE recipes (name)')
    await expect(restore(path, other)).rejects.toThrow(/not a database of Parley/)
    await expect(restore(path, new URL(import.meta.url).pathname)).rejects.toThrow(/not a database/)
    expect(await readFile(path)).toEqual(before)
  })
})

/** Observes, from another thread, the modes of a folder's files while `work` runs. Returns them by name. */
async function modesDuring(folder: string, work: () => Promise<unknown>): Promise<Map<string, Set<number>>> {
  const seen = new Map<string, Set<number>>()
  const watcher = new Worker(
    `const { readdirSync, statSync } = require('node:fs')
     const { parentPort, workerData } = require('node:worker_threads')
     const seen = {}
     let over = false
     parentPort.once('message', () => { over = true })
     parentPort.postMessage('ready')
     ;(function look() {
       for (const name of readdirSync(workerData)) {
         const found = statSync(workerData + '/' + name, { throwIfNoEntry: false })
         if (found) (seen[name] ??= new Set()).add(found.mode & 0o777)
       }
       if (over) parentPort.postMessage(seen)
       else setImmediate(look)
     })()`,
    { eval: true, workerData: folder }
  )
  await once(watcher, 'message')
  const before = process.umask(0)
  try {
    await work()
  } finally {
    process.umask(before)
  }
  watcher.postMessage('over')
  for (const [name, modes] of Object.entries((await once(watcher, 'message'))[0] as object)) {
    seen.set(name, modes as Set<number>)
  }
  await watcher.terminate()
  return seen
}

/** Opens a store large enough that a copy takes a while. */
async function fill(): Promise<void> {
  await withStore(async (store) => {
    const { john, conversationId } = await startPair(store)
    const sends = Array.from({ length: 1_500 }, (_, nth) =>
      sendOf(john.userId, conversationId, `${nth} ${'x'.repeat(8_000)}`)
    )
    await Promise.all(sends.map((send) => store.send(send)))
  })
}

test('no file of a backup, restore or lock is ever readable by others', async () => {
  await fill()
  const copies = join(place, 'copies')
  await mkdir(copies)
  const copy = join(copies, 'copy.db')
  const backedUp = await modesDuring(copies, () => backUp(path, copy))
  expect(backedUp.get('copy.db.partial')).toEqual(new Set([0o600]))
  const restored = await modesDuring(place, () => restore(path, copy))
  expect(restored.get('parley.db.incoming')).toEqual(new Set([0o600]))
  restored.delete('copies')
  expect(new Set([...restored.values()].flatMap((modes) => [...modes]))).toEqual(new Set([0o600]))
})

const backups = async () => (await readdir(place)).filter((name) => name.includes('.before-')).toSorted()

describe('A backup before an upgrade', () => {
  const breaking = { up: async () => {}, locks: [], breaksOlder: ['sqlite'] as const }
  const state = { empty: false, missing: ['0009-boots'], newer: [], broken: false }
  async function upgrade(options: Parameters<typeof backUpBeforeBreak>[3]): Promise<void> {
    const database = new DatabaseSync(path)
    try {
      await backUpBeforeBreak(database, path, state, { say: () => {}, ...options })
    } finally {
      database.close()
    }
  }

  test('U4: is made before an incompatible migration, with mode 0600, and the newest three are kept', async () => {
    await withStore(async (store) => void (await startPair(store)))
    await writeFile(`${path}.before-0001-old-2020.partial`, 'of a start that was killed')
    const made: string[] = []
    for (const nth of [1, 2, 3, 4, 5]) {
      await upgrade({ changes: { '0009-boots': breaking } })
      const newest = (await backups()).findLast((name) => !made.includes(name))!
      // All five are of one second; their age counts.
      await utimes(join(place, newest), nth, nth)
      made.push(newest)
    }
    expect(await backups()).toEqual(made.slice(-3).toSorted())
    expect((await stat(join(place, made[4]!))).mode & 0o777).toBe(0o600)
    const copy = new DatabaseSync(join(place, made[4]!))
    expect(copy.prepare('SELECT COUNT(*) AS users FROM users').get()).toEqual({ users: 2 })
    copy.close()
  })

  test('U4: is not made before a migration that only adds', async () => {
    await withStore()
    await upgrade({ changes: { '0009-boots': { ...breaking, breaksOlder: [] } } })
    expect(await backups()).toEqual([])
  })

  test('U4: that does not fit on the disk stops the upgrade with one line, and changes nothing', async () => {
    await withStore()
    await expect(upgrade({ changes: { '0009-boots': breaking }, freeBytes: () => 1_000 })).rejects.toThrow(
      /^the upgrade \(0009-boots\) backs the database up first, and needs [\d.]+ MB in .*, where 0\.0 MB are free; make room/
    )
    expect(await backups()).toEqual([])
  })
})
