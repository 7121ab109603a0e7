import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backUp, restore } from '../../../server/storage/sqlite/backup.ts'
import { openSqliteStore, openSqliteStoreForCommand } from '../../../server/storage/sqlite/sqlite-store.ts'
import { sendOf, startPair } from '../../fixtures/people.ts'

let place: string
let path: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  path = join(place, 'parley.db')
})
afterEach(() => rm(place, { recursive: true }))

/** Opens the store, lets `use` it, closes it; gives the epoch it had and whether it was new. */
async function withStore(
  use: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<void> = async () => {}
) {
  const store = await openSqliteStore(path)
  await use(store)
  await store.close()
  return { epoch: store.epoch, renewed: store.renewed }
}

describe('A database', () => {
  test('R1: that was only restarted keeps its epoch', async () => {
    const first = await withStore(async (store) => void (await startPair(store)))
    expect(first.renewed).toBeNull()
    expect(await withStore()).toEqual(first)
  })

  test('R1: put back from an older copy without parley restore, even over the same file, gets a new epoch', async () => {
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

  test('R1: that is a copy of another file gets a new epoch', async () => {
    const first = await withStore(async (store) => void (await startPair(store)))
    await cp(path, `${path}.copy`)
    await rm(path)
    await cp(`${path}.copy`, path)
    const copied = await withStore()
    expect(copied.renewed).toBe('another file than it was')
    expect(copied.epoch).not.toBe(first.epoch)
  })

  test('R3: has one writer: a second server is refused, and a command that writes itself', async () => {
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
  test('R2: taken while messages are sent is sound, holds what was acknowledged before it, and comes back', async () => {
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

  test('of something else, or beside a running server, is refused and changes nothing', async () => {
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
