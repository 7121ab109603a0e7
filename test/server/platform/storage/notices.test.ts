import { expect, test } from 'vitest'
import { openNotices } from '../../../../server/platform/storage/postgres/notices.ts'
import { openPool } from '../../../../server/platform/storage/postgres/pool.ts'
import { administer } from '../../../harness/postgres.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'

/** Resolves when a process listens in the database at `url`. */
async function untilListening(url: string): Promise<void> {
  const listening = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN %' AND state = 'idle'`
  while ((await administer<{ count: number }>(url, listening))[0]!.count === 0);
}

test.skipIf(noPostgres)(
  'a notice of one process reaches another, also after its connection was lost',
  async () => {
    const url = await sharedDatabase()
    const pool = openPool(url, { max: 1 })
    const notices = openNotices(url, pool)
    let received = Promise.withResolvers<string>()
    notices.listen((text) => received.resolve(text))
    await untilListening(url)
    await notices.publish('one')
    expect(await received.promise).toBe('one')

    received = Promise.withResolvers()
    await administer(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    await untilListening(url)
    await notices.publish('two')
    expect(await received.promise).toBe('two')
    await notices.close()
    await pool.end()
  }
)

test.skipIf(noPostgres)('a listener can be closed at any moment while it connects', async () => {
  const url = await sharedDatabase()
  const pool = openPool(url, { max: 1 })
  for (let turns = 0; turns < 60; turns++) {
    const notices = openNotices(url, pool)
    notices.listen(() => {})
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    await notices.close()
  }
  await pool.end()
})
