/** The child process of a swarm: holds the streams and answers calls from `swarm.ts`. */
import { setTimeout as delay } from 'node:timers/promises'
import { answerCalls } from './calls.ts'
import { SwarmStream, type StreamPlan } from './swarm-stream.ts'
import { SwarmRecord, type SwarmTally } from './swarm-tally.ts'

type OpenOptions = {
  port: number
  /** Maximum number of streams that connect at the same time. */
  together?: number
  /** Whether an ended stream reconnects, after `retry:` with full jitter. */
  comesBack?: boolean
}

/** One local address has 28,000 ports, minus those in TIME_WAIT, so streams use several addresses. */
const localAddresses = 8
const pollMs = 10
/** Timeout of every wait in this process, ms. */
const patienceMs = 180_000

const streams: SwarmStream[] = []
const record = new SwarmRecord()

export const commands = {
  /** Opens a stream for each plan. Resolves when every stream is synced or temporarily refused. */
  async open({ plans, port, together = 200, comesBack = true }: OpenOptions & { plans: StreamPlan[] }) {
    let next = 0
    const openNext = async (): Promise<void> => {
      while (next < plans.length) {
        const plan = plans[next++]!
        await new Promise<void>((resolve) => {
          const localAddress = `127.0.0.${2 + (streams.length % localAddresses)}`
          const stream = new SwarmStream(plan, { port, localAddress }, record, comesBack)
          stream.onSettled = resolve
          streams.push(stream)
        })
      }
    }
    await Promise.all(Array.from({ length: together }, openNext))
    return null
  },

  /** Cuts every connection at once; streams with `comesBack` reconnect. */
  async cut() {
    for (const stream of streams) stream.cut()
    return null
  },

  /** Closes all streams permanently; the record stays. */
  async close() {
    for (const stream of streams.splice(0)) stream.close()
    await until('all are closed', () => record.tally.open === 0)
    return null
  },

  /** Resolves when `count` streams are synced on their current connection. */
  async untilSynced({ count }: { count: number }) {
    await until(`${count} are synced`, () => streams.filter((stream) => stream.synced).length >= count)
    return null
  },

  /** Resolves when every well-behaved stream has reached the seq given for its person. */
  async untilAt({ seqs }: { seqs: Record<string, number> }) {
    const waiting = streams.filter(
      ({ over, plan }) => !over && plan.person in seqs && (plan.behaviour ?? 'good') === 'good'
    )
    const behind = () => waiting.filter(({ seq, plan }) => (seq ?? 0) < seqs[plan.person]!)
    await until('all are at the end of their logs', () => behind().length === 0)
    return null
  },

  async tally(): Promise<SwarmTally & { synced: number }> {
    return { ...record.tally, synced: streams.filter((stream) => stream.synced).length }
  },

  /** Returns the JSON of one person's events in log order, as all their streams received them. */
  async log({ person }: { person: string }): Promise<string[]> {
    return record.logOf(person)
  },

  async takeDelays(): Promise<Float64Array> {
    return record.takeDelays()
  }
}

export type SwarmCommands = typeof commands

async function until(what: string, condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + patienceMs
  while (!condition()) {
    if (performance.now() > endsAt) {
      throw new Error(`timed out after ${patienceMs} ms: ${what}; ${JSON.stringify(record.tally)}`)
    }
    await delay(pollMs)
  }
}

answerCalls(commands)
