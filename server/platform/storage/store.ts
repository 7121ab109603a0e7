import type { EventLog } from './event-log.ts'
import type { InputOf, ReadName, ReadResult, WriteName, WriteResult } from '../../procedures.ts'
import type { Send, SendOutcome } from '../../messages/procedures.ts'

export type { Json } from './json.ts'
export type { FoundExtras } from '../../messages/extra-procedures.ts'
export type { Refused } from '../../conversations/membership-procedures.ts'
export type { NewUser } from '../../people/procedures.ts'
export type { BatchObserver } from './commit-queue.ts'
export type { MessagePage, Send, SendOutcome } from '../../messages/procedures.ts'
export type { Session } from '../../sessions/procedures.ts'

/** Numbers of reads, of writes (a batch of sends is one), and of sends that wait for their batch. */
export type Queues = { reads: number; writes: number; sends: number }

/** Short texts to and from other processes on the same database; some may be lost. */
export type Notices = {
  publish(text: string): Promise<void>
  /** Calls `listener` with what others publish, from soon on; once. */
  listen(listener: (text: string) => void): void
}

/**
 * What the domain asks of storage: run a named procedure. Every call may throw the problem `storage_unavailable`; a
 * write that did so may still have happened.
 */
export interface Store {
  /** One random word for the whole database, replaced when it is restored from a backup. */
  readonly epoch: string
  /** Why the epoch was replaced at this start; null when it was not. */
  readonly renewed: string | null
  /** Signs cookies; the same on every node. */
  readonly cookieSecret: string
  /** Runs a read on one snapshot of the database. */
  read<Name extends ReadName>(name: Name, input: InputOf<Name>): Promise<ReadResult<Name>>
  /** Like `read`, with the head of the viewer's log in the same snapshot: where a stream goes on from the data. */
  snapshot<Name extends ReadName>(
    name: Name,
    input: InputOf<Name> & { viewerId: number }
  ): Promise<{ head: number; data: ReadResult<Name> }>
  /** Runs a write in its own transaction. Resolves once it is on disk. */
  write<Name extends WriteName>(name: Name, input: InputOf<Name>): Promise<WriteResult<Name>>
  /** Sends a message with the next batch. Resolves once it is on disk. */
  send(send: Send): Promise<SendOutcome>
  readonly events: EventLog
  /** On an engine that several processes share. */
  readonly notices?: Notices
  /** What was asked for and is not done yet, now. */
  queues(): Queues
  /** Resolves with the reason when this process can never reach its data again, and only another one can. */
  readonly died?: Promise<Error>
  /** Waits for what was begun, then lets go of the database. */
  close(): Promise<void>
}

/** What a command needs that only reads. */
export type StoreReader = Pick<Store, 'read' | 'close'>
