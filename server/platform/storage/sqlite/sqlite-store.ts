import { CommitQueue, sendsMaxBytes, type BatchObserver } from '../commit-queue.ts'
import { openCommitListeners } from '../commit-listeners.ts'
import type { EngineStore, EnqueuedListener } from '../store.ts'
import type { SendTransfer, Values } from './transfer.ts'
import type { CommitListener, LogBounds, LoggedEvent } from '../event-log.ts'
import { lockDatabase } from './database-lock.ts'
import { createPrivate } from './private-file.ts'
import { ReaderPool, readOf } from './reader-pool.ts'
import { WorkerThread } from './worker-thread.ts'

/** A server that starts waits this long for a command that writes. */
const commandMs = 1_000
/** Sends in one transaction at most. */
const batchMax = 512

export type SqliteOptions<Outcome> = {
  onSends?: BatchObserver<Outcome> | undefined
  /** Called with what failed after a commit; the commit is kept. */
  onFailure?: (failure: unknown) => void
}

/**
 * The store on one SQLite file: one writer worker and reader workers, so that neither a commit nor a read stops the
 * event loop, and a long read never blocks a replay. Throws when the file cannot be opened, is in use, or is of a newer
 * Parley.
 */
export async function openSqliteEngine<Send, Outcome extends object>(
  path: string,
  transfer: SendTransfer<Send, Outcome>,
  options: SqliteOptions<Outcome> = {}
): Promise<EngineStore<Send, Outcome>> {
  return openLocked(path, 'writer', transfer, options)
}

/**
 * The same for a command, where no server runs: the command is the one writer for a while. Throws `DatabaseInUse` where one
 * runs, and `UnfitSchema` when the schema of the file is another version's.
 */
export function openSqliteEngineForCommand<Send, Outcome extends object>(
  path: string,
  transfer: SendTransfer<Send, Outcome>
): Promise<EngineStore<Send, Outcome>> {
  return openLocked(path, 'command', transfer, {})
}

async function openLocked<Send, Outcome extends object>(
  path: string,
  mode: 'writer' | 'command',
  transfer: SendTransfer<Send, Outcome>,
  options: SqliteOptions<Outcome>
): Promise<EngineStore<Send, Outcome>> {
  const lock = lockDatabase(path, mode === 'writer' ? commandMs : 0)
  try {
    const store = await open(path, mode, transfer, options)
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

async function open<Send, Outcome extends object>(
  path: string,
  mode: 'writer' | 'command',
  { flattenSends, restoreOutcomes, bytesOf }: SendTransfer<Send, Outcome>,
  { onSends, onFailure = () => {} }: SqliteOptions<Outcome>
): Promise<EngineStore<Send, Outcome>> {
  // Before SQLite makes it readable for others; the files beside it take its mode.
  createPrivate(path)
  const listeners = openCommitListeners<Parameters<CommitListener>>(onFailure)
  const enqueued = openCommitListeners<Parameters<EnqueuedListener>>(onFailure)
  const writer = await WorkerThread.start(
    { path, mode },
    { onCommitted: listeners.notify, onEnqueued: enqueued.notify, onFailure }
  )
  const readers = await ReaderPool.open(path)
  const sends = new CommitQueue<Send, Outcome>(
    async (batch) =>
      restoreOutcomes((await writer.run({ kind: 'sends', sends: flattenSends(batch) })) as Values),
    batchMax,
    onSends,
    { bytesOf, maxBytes: sendsMaxBytes }
  )
  const write: EngineStore<Send, Outcome>['write'] = (name, input) =>
    writer.run({ kind: 'write', name, input }) as never

  const read = readOf(readers)

  const { settings, renewed } = writer.ready
  const { epoch, cookieSecret } = settings!
  return {
    epoch,
    cookieSecret,
    renewed,
    read,
    snapshot: async (name, input) =>
      (await readers.run({
        kind: 'read',
        name,
        input,
        headOf: (input as { viewerId: number }).viewerId
      })) as {
        head: number
        data: never
      },
    write,
    send: (send) => sends.add(send),
    events: {
      epoch,
      bounds: (userIds) => read('readLogBounds', { userIds } as never) as Promise<LogBounds[]>,
      eventsAfter: (places, limit) =>
        read('readEvents', { places, limit } as never) as Promise<LoggedEvent[][]>,
      onCommitted: listeners.add
    },
    onEnqueued: enqueued.add,
    queues: () => ({
      reads: readers.load,
      writes: writer.load,
      sends: sends.waiting
    }),
    died: Promise.race([writer.died, readers.died]),
    async close() {
      await readers.close()
      // Close the writer last and alone: connections that close together may all leave the write-ahead log behind, and it would
      // be applied to a file that is later copied over the database.
      await writer.close()
    }
  }
}
