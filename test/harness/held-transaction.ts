import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../../server/platform/storage/schema.ts'
import { administer } from './postgres.ts'

/** Opens a transaction and keeps it open until the test ends it. */
export async function hold(db: Kysely<Schema>, work: (db: Transaction<Schema>) => Promise<unknown>) {
  const worked = Promise.withResolvers<void>()
  const end = Promise.withResolvers<'commit' | 'rollback'>()
  const ended = db
    .transaction()
    .execute(async (transaction) => {
      await work(transaction)
      worked.resolve()
      if ((await end.promise) === 'rollback') throw new Error('rolled back')
    })
    .catch((error: Error) => {
      worked.reject(error)
      if (error.message !== 'rolled back') throw error
    })
  await worked.promise
  return {
    end(how: 'commit' | 'rollback') {
      end.resolve(how)
      return ended
    }
  }
}

/** Resolves when `count` other sessions wait for a lock in the database at `url`. */
export async function untilWaiting(url: string, count: number): Promise<void> {
  const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`
  while ((await administer<{ count: number }>(url, waiting))[0]!.count < count);
}
