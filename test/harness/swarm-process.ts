/** The process of a swarm: holds the streams, and answers what `swarm.ts` asks. */
import { setTimeout as delay } from 'node:timers/promises'
import { answerCalls } from './calls.ts'
import { SwarmStream, type StreamPlan } from './swarm-stream.ts'
import { SwarmRecord, type SwarmTally } from './swarm-tally.ts'

type OpenOptions = {
  port: number
  /** Streams that are opened at the same time; the next begins when one has settled. */
  together?: number
  /** Whether a stream that ends connects again, as `retry:` and full jitter say. */
  comesBack?: boolean
}

/** A local address has 28,000 ports, less those that still linger: streams are spread over a few. */
const localAddresses = 8
const pollMs = 10
/** What has not come by then does not come. */
const patienceMs = 180_000

const streams: SwarmStream[] = []
const record = new SwarmRecord()

export const commands = {
  /** Opens a stream for each plan. Resolves when every one is synced, or refused for now. */
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

  /** Cuts every connection at once; those that come back do. */
  async cut() {
    for (const stream of streams) stream.cut()
    return null
  },

  /** Closes all streams for good; the record stays. */
  async close() {
    for (const stream of streams.splice(0)) stream.close()
    await until('all are closed', () => record.tally.open === 0)
    return null
  },

  /** Resolves when so many streams are synced on their present connection. */
  async untilSynced({ count }: { count: number }) {
    await until(`${count} are synced`, () => streams.filter((stream) => stream.synced).length >= count)
    return null
  },

  /** Resolves when every well-behaved stream of each person has come to the seq that is given for them. */
  async untilAt({ seqs }: { seqs: Record<string, number> }) {
    const waiting = streams.filter(
      ({ over, plan }) => !over && plan.person in seqs && (plan.manner ?? 'good') === 'good'
    )
    const behind = () => waiting.filter(({ seq, plan }) => (seq ?? 0) < seqs[plan.person]!)
    await until('all are at the end of their logs', () => behind().length === 0)
    return null
  },

  async tally(): Promise<SwarmTally & { synced: number }> {
    return { ...record.tally, synced: streams.filter((stream) => stream.synced).length }
  },

  /** The JSON of one person's events in the order of the log, as all streams saw them. */
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
      throw new Error(`not within ${patienceMs} ms: ${what}; ${JSON.stringify(record.tally)}`)
    }
    await delay(pollMs)
  }
}

answerCalls(commands)
