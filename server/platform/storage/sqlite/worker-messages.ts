import type { Settings } from '../settings.ts'
import type { Values } from './transfer.ts'
import type { EpochRenewal } from './high-water-mark.ts'

/** What the main thread asks of a worker: a procedure by name, or a batch of sends, whose result is their outcomes. */
export type Call = { id: number } & (
  | { kind: 'read'; name: string; input: unknown; headOf: number | null }
  | { kind: 'write'; name: string; input: unknown }
  | { kind: 'sends'; sends: Values }
)

/** A call's result, or why it failed: a bug of ours, or storage that is unavailable. */
export type Answer = { id: number } & (
  | { ok: true; result: unknown }
  | { ok: false; bug: boolean; message: string; stack: string }
)

/**
 * The answers of one commit (or of several reads), with its events and the queues that got jobs. `failures` happened after COMMIT:
 * the answers are valid.
 */
export type Report = {
  answers: Answer[]
  committed: Values
  committedAt: number
  enqueued?: string[]
  failures: string[]
}

/** How a worker is started: a server's writer, a command's writer where no server runs, or a reader. */
export type WorkerRole = { path: string; mode: 'writer' | 'command' | 'reader' }

/** What a worker says once its connection is open; the settings are the writer's to say. */
export type Ready = { settings: Settings | undefined; renewed: EpochRenewal | null }
