import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import type { BatchObserver } from '../commit-queue.ts'
import type { CommitListener, CommittedEvent } from '../event-log.ts'
import { readEvents, readHeads, readLogBounds } from '../procedures/events.ts'
import { reads, writes, type AnyRead, type AnyWrite } from '../procedures/index.ts'
import type { Schema } from '../schema.ts'
import type { SendOutcome, Store } from '../store.ts'
import { isConflict, refusalOf } from './failures.ts'
import { openPool } from './pool.ts'
import { prepareDatabase } from './preparation.ts'
import { withRetries } from './retries.ts'
import { openSends } from './sends.ts'

/** Connections, by what they are for: whoever waits for a lock keeps nobody else waiting. */
const connections = { reads: 6, writes: 4, sends: 2 }
/** How long a write is tried again that met others. */
const conflictMs = 2_000

/**
 * The store on a Postgres database, which any number of nodes may share. Throws, in a line for whoever runs it, when the
 * database cannot be used.
 */
export async function openPostgresStore(url: string, onSends?: BatchObserver<SendOutcome>): Promise<Store> {
  const { epoch, cookieSecret, renewed } = await prepareDatabase(url)
  const [readPool, writePool] = [openPool(url, connections.reads), openPool(url, connections.writes)]
  const sendPool = openPool(url, connections.sends, { prepared: true })
  const readDb = openKysely(readPool)
  const writeDb = openKysely(writePool)
  const listeners: CommitListener[] = []
  const begun = new Set<Promise<unknown>>()

  function tell(events: CommittedEvent[]): void {
    const committedAt = performance.timeOrigin + performance.now()
    if (events.length > 0) for (const listener of listeners) listener(events, committedAt)
  }
  const sends = openSends(sendPool, connections.sends, tell, onSends)

  /** Keeps `close` waiting, and puts what went wrong into the store's own words. */
  async function answer<Result>(work: Promise<Result>): Promise<Result> {
    const settled = work.catch((error: unknown) => {
      throw refusalOf(error)
    })
    begun.add(settled)
    try {
      return await settled
    } finally {
      begun.delete(settled)
    }
  }

  async function runRead(name: string, input: unknown, headOf: number | null) {
    return readDb
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (db) => {
        // The head before the data: a stream that goes on from it misses nothing.
        const head = headOf === null ? 0 : (await readLogBounds(db, { userId: headOf })).head
        const data = await (reads as unknown as Record<string, AnyRead>)[name]!(db, input)
        return { head, data: data as never }
      })
  }

  async function runWrite(name: string, input: unknown) {
    const procedure = (writes as unknown as Record<string, AnyWrite>)[name]!
    const { result, committed } = await withRetries(
      () =>
        writeDb
          .transaction()
          .setIsolationLevel('read committed')
          .execute((db) => procedure(db, input)),
      isConflict,
      conflictMs
    )
    tell(committed ?? [])
    return result as never
  }

  return {
    epoch,
    cookieSecret,
    renewed,
    read: async (name, input) => (await answer(runRead(name, input, null))).data,
    snapshot: (name, input) => answer(runRead(name, input, input.viewerId)),
    write: (name, input) => answer(runWrite(name, input)),
    send: (send) => answer(sends.send(send)),
    events: {
      epoch,
      // One statement is one snapshot: these need no transaction.
      bounds: (userId) => answer(readLogBounds(readDb, { userId })),
      heads: (userIds) => answer(readHeads(readDb, { userIds })),
      eventsAfter: (userId, after, limit) => answer(readEvents(readDb, { userId, after, limit })),
      onCommitted: (listener) => void listeners.push(listener)
    },
    queues: () => ({
      reads: busy(readPool),
      writes: busy(writePool) + busy(sendPool),
      sends: sends.waiting()
    }),
    async close() {
      await Promise.allSettled(begun)
      await Promise.all([sendPool.end(), readDb.destroy(), writeDb.destroy()])
    }
  }
}

/** Connections in use, and whoever waits for one. */
function busy(pool: Pool): number {
  return pool.totalCount - pool.idleCount + pool.waitingCount
}

function openKysely(pool: Pool): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
}
