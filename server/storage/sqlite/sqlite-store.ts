import { closeSync, openSync } from 'node:fs'
import { CommitQueue, type BatchObserver } from '../commit-queue.ts'
import type { CommitListener } from '../event-log.ts'
import type { Send, SendOutcome, Store } from '../store.ts'
import { flattenSends, restoreOutcomes, type Values } from './crossing.ts'
import { lockDatabase } from './database-lock.ts'
import { ReaderPool } from './reader-pool.ts'
import { WorkerThread } from './worker-thread.ts'

/** Sends in one transaction at most. */
const batchMax = 512

/**
 * The store on one SQLite file: one writer worker and reader workers, so that neither a commit nor a read stops the
 * event loop, and a long read never blocks a replay. Throws when the file cannot be opened, is in use, or is of a newer
 * Parley.
 */
export async function openSqliteStore(path: string, onSends?: BatchObserver<SendOutcome>): Promise<Store> {
  const lock = lockDatabase(path)
  try {
    const store = await open(path, 'writer', onSends)
    return {
      ...store,
      async close() {
        await store.close()
        lock.close()
      }
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

/**
 * The same store for a command, which may run beside a server on the same file. What it writes wakes no streams, so it
 * must write nothing to the event log.
 */
export function openSqliteStoreBeside(path: string): Promise<Store> {
  return open(path, 'guest')
}

async function open(
  path: string,
  mode: 'writer' | 'guest',
  onSends?: BatchObserver<SendOutcome>
): Promise<Store> {
  // Before SQLite makes it readable for others; the files beside it take its mode.
  closeSync(openSync(path, 'a', 0o600))
  const listeners: CommitListener[] = []
  const writer = await WorkerThread.start({ path, mode }, (events, committedAt) => {
    for (const listener of listeners) listener(events, committedAt)
  })
  const readers = await ReaderPool.open(path)
  const sends = new CommitQueue<Send, SendOutcome>(
    async (batch) =>
      restoreOutcomes((await writer.run({ kind: 'sends', sends: flattenSends(batch) })) as Values),
    batchMax,
    onSends
  )
  const write: Store['write'] = (name, input) => writer.run({ kind: 'write', name, input }) as never

  async function runRead(name: string, input: unknown, headOf: number | null) {
    return (await readers.run({ kind: 'read', name, input, headOf })) as { head: number; data: never }
  }
  const read: Store['read'] = async (name, input) => (await runRead(name, input, null)).data

  const { settings, renewed } = writer.ready
  const { epoch, cookieSecret } = settings!
  return {
    epoch,
    cookieSecret,
    renewed,
    read,
    snapshot: (name, input) => runRead(name, input, input.viewerId),
    write,
    send: (send) => sends.add(send),
    events: {
      epoch,
      bounds: (userIds) => read('readLogBounds', { userIds }),
      eventsAfter: (places, limit) => read('readEvents', { places, limit }),
      onCommitted: (listener) => void listeners.push(listener)
    },
    queues: () => ({
      reads: readers.load,
      writes: writer.load,
      sends: sends.waiting
    }),
    died: Promise.race([writer.died, readers.died]),
    async close() {
      await readers.close()
      // Alone at the end: connections that close in the same moment leave the write-ahead log for one another to clear,
      // and whoever then copies another file over the database has it applied to that.
      await writer.close()
    }
  }
}
