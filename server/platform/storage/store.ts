import type { Kysely } from 'kysely'
import type { CommittedEvent, EventLog } from './event-log.ts'
import type { Schema } from './schema.ts'

/** Runs on one snapshot of the database. */
export type Read = (db: Kysely<Schema>, input: never) => Promise<unknown>

/**
 * Runs in one transaction. Streams learn of `committed` events once they are on disk, and runners of the queues in which it
 * `enqueued` jobs.
 */
export type Write = (db: Kysely<Schema>, input: never) => Promise<WriteOutcome>
export type WriteOutcome = { result: unknown; committed?: CommittedEvent[]; enqueued?: string[] }

export type EnqueuedListener = (queues: string[]) => void

export type Reads = Record<string, Read>
export type Writes = Record<string, Write>

/** Numbers of reads, of writes (a batch of sends is one), and of sends that wait for their batch. */
export type Queues = { reads: number; writes: number; sends: number }

/** Short texts to and from other processes on the same database; some may be lost. */
export type Notices = {
  publish(text: string): Promise<void>
  /** Calls `listener` with what other processes publish; takes one listener. */
  listen(listener: (text: string) => void): void
}

/**
 * Runs named procedures on a database. Every call may throw the problem `storage_unavailable`; a write that did so may still
 * have happened.
 */
export interface StoreOf<R extends Reads, W extends Writes, Send, Outcome> {
  /** One random word for the whole database, replaced when it is restored from a backup. */
  readonly epoch: string
  /** Why the epoch was replaced at this start; null when it was not. */
  readonly renewed: string | null
  /** Signs cookies; the same on every node. */
  readonly cookieSecret: string
  /** Runs a read on one snapshot of the database. */
  read<Name extends keyof R & string>(
    name: Name,
    input: Parameters<R[Name]>[1]
  ): Promise<Awaited<ReturnType<R[Name]>>>
  /** Like `read`, with the head of the viewer's log in the same snapshot: where a stream resumes after the data. */
  snapshot<Name extends keyof R & string>(
    name: Name,
    input: Parameters<R[Name]>[1] & { viewerId: number }
  ): Promise<{ head: number; data: Awaited<ReturnType<R[Name]>> }>
  /** Runs a write in its own transaction. Resolves once it is on disk. */
  write<Name extends keyof W & string>(
    name: Name,
    input: Parameters<W[Name]>[1]
  ): Promise<Awaited<ReturnType<W[Name]>>['result']>
  /** Sends a message with the next batch. Resolves once it is on disk. */
  send(send: Send): Promise<Outcome>
  readonly events: EventLog
  /** Calls `listener` with the queues in which a write of this process enqueued jobs, after its commit. */
  onEnqueued(listener: EnqueuedListener): void
  /** On an engine that several processes share. */
  readonly notices?: Notices
  /** Requests that were accepted and are not done yet. */
  queues(): Queues
  /** Resolves with the reason when this process can never reach its data again, and only another one can. */
  readonly died?: Promise<Error>
  /** Waits for running requests, then closes the database. */
  close(): Promise<void>
}

/** A store as the engines see it: they run procedures by name, and know none of them. */
export type EngineStore<Send, Outcome> = StoreOf<Reads, Writes, Send, Outcome>
