import { DatabaseError, type Pool } from 'pg'
import { CommitQueue, sendsMaxBytes, type BatchObserver } from '../platform/storage/commit-queue.ts'
import type { CommittedEvent } from '../platform/storage/event-log.ts'
import type { Send, SendOutcome } from './procedures.ts'
import { isConflict, isStorageFault } from '../platform/storage/postgres/failures.ts'
import { withRetries } from '../platform/storage/postgres/retries.ts'
import { bytesOf } from './send-transfer.ts'
import { sendBatch } from './postgres-batch.ts'

/** Sends in one transaction at most. */
const batchMax = 512
/** How long a batch is tried again when Postgres is away, or the outcome of a COMMIT is not known. */
const settleMs = 5_000

type Outcome = SendOutcome | Error

export type SendsOptions = {
  onBatch?: BatchObserver<SendOutcome> | undefined
  /** Events in one transaction at most: others wait for its locks, and a statement has only so much time. */
  eventsMax?: number
}

/**
 * The way of every send to its batch. Each lane commits one batch at a time; a conversation is always in the same lane,
 * so that its messages keep the order in which they came, and lanes seldom wait for each other's locks.
 */
export function openSends(
  pool: Pool,
  lanes: number,
  onCommitted: (events: CommittedEvent[]) => void,
  { onBatch, eventsMax = 20_000 }: SendsOptions = {}
) {
  const queues = Array.from(
    { length: lanes },
    () =>
      new CommitQueue<Send, SendOutcome>(commit, batchMax, onBatch, {
        bytesOf,
        maxBytes: sendsMaxBytes
      })
  )

  /** Tried again until it is known how it ended: keys that were committed are found, and not sent twice. */
  async function commit(sends: Send[]): Promise<Outcome[]> {
    try {
      const { outcomes, committed } = await withRetries(() => attempt(sends), mayPass, settleMs)
      onCommitted(committed)
      return outcomes
    } catch (error) {
      if (sends.length === 1 || mayPass(error)) throw error
      // Something in the batch cannot be stored, whatever it is: the others can.
      const outcomes: Outcome[] = []
      for (const send of sends) outcomes.push((await commit([send]).catch((each: Error) => [each]))[0]!)
      return outcomes
    }
  }

  async function attempt(sends: Send[]) {
    const client = await pool.connect()
    try {
      return await sendBatch(client, sends, eventsMax)
    } finally {
      client.release()
    }
  }

  return {
    send: (send: Send) => queues[send.conversationId % lanes]!.add(send),
    waiting: () => queues.reduce((sum, queue) => sum + queue.waiting, 0)
  }
}

function mayPass(error: unknown): boolean {
  return isConflict(error) || isStorageFault(error) || isTakenKey(error)
}

/** One key for two conversations at the same moment: tried again, the later one is refused. */
function isTakenKey(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505' && error.constraint === 'sends_pk'
}
