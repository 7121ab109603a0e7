/** A store on SQLite with people who send and a runner of jobs, without HTTP: what both cost the writer and each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JobRunner } from '../../server/platform/jobs/runner.ts'
import { openSqliteStore } from '../../server/sqlite-store.ts'
import { sendOf, startPair } from '../../test/fixtures/people.ts'
import { answerCalls } from '../../test/harness/calls.ts'

const queue = 'bench.empty'
const senders = 64
const enqueuedAtOnce = 20

const place = await mkdtemp(join(tmpdir(), 'parley-bench-jobs-'))
const store = await openSqliteStore(join(place, 'parley.db'))
const pairs = await Promise.all(Array.from({ length: senders }, () => startPair(store)))
let drained = 0
let added = 0
let onDrained = () => {}
let runner: JobRunner | undefined
store.onEnqueued((queues) => runner?.wake(queues))

async function enqueue(count: number, runAt = 0): Promise<void> {
  for (let left = count; left > 0; left -= enqueuedAtOnce) {
    const jobs = Array.from({ length: Math.min(left, enqueuedAtOnce) }, () => ({
      queue,
      key: `job ${++added}`,
      payload: null,
      runAt
    }))
    await store.write('enqueueJobs', { jobs })
  }
}

/** Resolves when the handler has run `target` times in all. */
function untilDrained(target: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  onDrained = () => {
    if (drained >= target) resolve()
  }
  onDrained()
  return promise
}

async function handle(): Promise<void> {
  drained++
  onDrained()
}

const commands = {
  /** Starts or stops the runner. */
  async run({ on }: { on: boolean }) {
    await runner?.close(1_000)
    runner = undefined
    if (!on) return
    const empty = { queue, handle, maxAttempts: 3, leaseMs: 60_000, concurrency: 32 }
    runner = new JobRunner(store, [empty], {
      alone: true,
      onFailure: (error) => {
        throw error
      }
    })
    runner.start()
  },
  /** Adds jobs whose time is far away. */
  async wait({ count }: { count: number }) {
    await enqueue(count, Date.now() + 1e9)
  },
  /** Enqueues and drains so many jobs; gives jobs a second of processor time, and of time. */
  async drain({ count }: { count: number }) {
    const [cpu, begun, target] = [process.cpuUsage(), performance.now(), drained + count]
    await enqueue(count)
    await untilDrained(target)
    const { user, system } = process.cpuUsage(cpu)
    return {
      perProcessor: (count * 1e6) / (user + system),
      perSecond: (count * 1e3) / (performance.now() - begun)
    }
  },
  /** Everyone sends without a pause for `ms`; gives sends a second of processor time, and latencies. */
  async send({ ms }: { ms: number }) {
    const [cpu, endsAt] = [process.cpuUsage(), performance.now() + ms]
    const latenciesMs: number[] = []
    await Promise.all(
      pairs.map(async ({ john, conversationId }) => {
        while (performance.now() < endsAt) {
          const begun = performance.now()
          const outcome = await store.send(sendOf(john.userId, conversationId, 'hello jane, how are you?'))
          if ('refused' in outcome) throw new Error(outcome.refused)
          latenciesMs.push(performance.now() - begun)
        }
      })
    )
    const { user, system } = process.cpuUsage(cpu)
    return { perProcessor: (latenciesMs.length * 1e6) / (user + system), latenciesMs }
  },
  async finish() {
    await runner?.close(1_000)
    await store.close()
    await rm(place, { recursive: true })
  }
}
export type JobsCommands = typeof commands
answerCalls(commands)
