/**
 * A process with a store and a runner of the queues `test.work`, `test.held` and `test.hourly`;
 * `jobs.test.ts` starts and kills it. Handlers append `begins KEY` and `ends KEY` to the file LEDGER. With
 * DIES_AT it kills itself at that step.
 */
import { appendFileSync } from 'node:fs'
import type { DatabaseConfig } from '../../server/config.ts'
import { openStore } from '../../server/open-store.ts'
import type { Queue } from '../../server/platform/jobs/queue.ts'
import { JobRunner, type JobStore } from '../../server/platform/jobs/runner.ts'
import type { Turn } from '../../server/platform/jobs/turn-procedures.ts'
import { answerCalls } from '../harness/calls.ts'

export type DiesAt =
  | 'enqueued'
  | 'leased'
  | 'in the handler'
  | 'acknowledging'
  | 'unsure'
  | 'acknowledged'
  | 'never'

const { DATABASE, LEDGER, DIES_AT, LEASE_MS } = process.env as Record<string, string>
const database = JSON.parse(DATABASE!) as DatabaseConfig
const diesAt = DIES_AT as DiesAt
const store = await openStore(database)
let held = Promise.withResolvers<void>()
let running = 0
let mostRunning = 0
/** Jobs of `test.work` that this process leased. */
const worked = new Set<number>()

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal is handled when the call returns; nothing may follow.
  for (;;);
}
const say = (line: string) => appendFileSync(LEDGER!, `${line}\n`)

const dying = {
  epoch: store.epoch,
  async write(name: 'turnJobs', input: Turn) {
    const acknowledges = name === 'turnJobs' && input.done.some(({ id }) => worked.has(id))
    if (acknowledges && diesAt === 'acknowledging') die()
    const written = store.write(name, input)
    if (acknowledges && diesAt === 'unsure') setImmediate(die)
    const result = await written
    if (acknowledges && diesAt === 'acknowledged') die()
    if (name === 'turnJobs') {
      for (const { id, queue } of result.leased) if (queue === 'test.work') worked.add(id)
      if (worked.size > 0 && diesAt === 'leased') die()
    }
    return result
  }
} as JobStore

const common = { maxAttempts: 5, leaseMs: Number(LEASE_MS), concurrency: 8 }
const queues: Queue[] = [
  {
    ...common,
    queue: 'test.work',
    async handle(_, { key }) {
      mostRunning = Math.max(mostRunning, ++running)
      say(`begins ${key}`)
      if (diesAt === 'in the handler') die()
      if (key === 'hold') await held.promise
      say(`ends ${key}`)
      running--
    }
  },
  {
    ...common,
    queue: 'test.held',
    waitsAfterRestore: true,
    handle: async (_, { key }) => say(`ends ${key}`)
  },
  { ...common, queue: 'test.hourly', everyMs: 3_600_000, handle: async () => say('ends hourly') }
]
const runner = new JobRunner(dying, queues, {
  alone: database.kind === 'sqlite',
  sweepMs: 100,
  retryMs: { first: 1, max: 10 },
  onFailure: (error) => say(`failed: ${String(error)}`)
})
store.onEnqueued((names) => runner.wake(names))

const commands = {
  async start() {
    runner.start()
  },
  async enqueue({ queue, keys }: { queue: string; keys: string[] }) {
    await store.write('enqueueJobs', { jobs: keys.map((key) => ({ queue, key, payload: null })) })
    if (diesAt === 'enqueued') die()
  },
  async release() {
    held.resolve()
    held = Promise.withResolvers()
  },
  async adopt({ queue }: { queue: string }) {
    return store.write('adoptJobs', { queue, epoch: store.epoch, limit: 1_000 })
  },
  async measure() {
    return { mostRunning, residentBytes: process.memoryUsage().rss }
  },
  async finish() {
    await runner.close(10_000)
    await store.close()
  }
}
export type JobsCommands = typeof commands
answerCalls(commands)
