import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../server/sqlite-store.ts'
import { openPostgresStore } from '../../../../server/postgres-store.ts'
import { moveOut } from '../../../../server/platform/storage/sqlite/move-out.ts'
import { addPerson } from '../../../fixtures/people.ts'
import { freePort } from '../../../harness/parley.ts'
import { administer } from '../../../harness/postgres.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'

const older = join(import.meta.dirname, '../../../fixtures/version-0.1/parley.db')

describe.skipIf(noPostgres)(`A file of an older version${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  let place: string
  let path: string
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-move-'))
    path = join(place, 'parley.db')
    await copyFile(older, path)
  })
  afterEach(() => rm(place, { recursive: true }))

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'that is unreachable',
      async () => `postgres://parley@127.0.0.1:${await freePort()}/parley`,
      /does not answer/
    ],
    [
      'that contains other users',
      async () => {
        const url = await sharedDatabase()
        const store = await openPostgresStore(url)
        await addPerson(store)
        await store.close()
        return url
      },
      /there are people in that database already/
    ]
  ])('R4: is unchanged after a failed move to a Postgres %s', async (_what, target, why) => {
    await expect(moveOut(path, await target(), () => {}, openSqliteStore)).rejects.toThrow(why)
    expect((await readFile(path)).equals(await readFile(older))).toBe(true)
    expect((await readdir(place)).filter((name) => name.includes('before'))).toEqual([])
  })

  test('R4: is migrated and moved to an empty Postgres, once', async () => {
    const url = await sharedDatabase()
    await moveOut(path, url, () => {}, openSqliteStore)
    const count = async () =>
      (await administer<{ count: number }>(url, 'SELECT count(*)::int AS count FROM messages'))[0]!.count
    expect(await count()).toBeGreaterThan(0)
    await expect(moveOut(path, url, () => {}, openSqliteStore)).rejects.toThrow(/moved/)
  })
})
