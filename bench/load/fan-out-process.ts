/** The process that reads a fan-out. It only counts the events of each stream, to cost little. */
import { connect } from 'node:net'
import { answerCalls } from '../../test/harness/calls.ts'
import { RawSender } from '../../test/harness/raw-sender.ts'

/** The request that opens a stream, and the text that shows it is open. */
export type Opening = { port: number; request: string; opened: string }

export type Publication = {
  port: number
  path: string
  token: string
  body: string
  publishers: number
  count: number
}

const readBuffer = Buffer.allocUnsafe(1_024 * 1_024)
/** Timeout for the events, ms. */
const patienceMs = 120_000
// Marks a message: `sync` has no id.
const mark = Buffer.from('\ndata: {"id":')
/** Events of all streams, and of each; and their arrival times if requested. */
const read = { total: 0, each: new Uint32Array(), times: null as number[] | null }
/** Maximum number of streams that connect at the same time. */
const together = 50

export const commands = {
  /** Opens streams with the same request up to this number. Resolves when `opened` was read on each. */
  async open({ streams, ...opening }: Opening & { streams: number }): Promise<null> {
    let index = read.each.length
    read.each = new Uint32Array(streams)
    const openNext = async (): Promise<void> => {
      while (index < streams) await openOne(opening, index++)
    }
    await Promise.all(Array.from({ length: together }, openNext))
    return null
  },

  /**
   * Publishes events, each when all streams have the one before. Returns the delays to half of them and to
   * all.
   */
  async follow({ count, ...publication }: Omit<Publication, 'publishers'>): Promise<Delays> {
    const delays: Delays = { medianMs: [], lastMs: [] }
    for (let each = 0; each < count; each++) {
      read.times = []
      const startedAt = performance.now()
      await commands.publish({ ...publication, publishers: 1, count: 1 })
      const times = read.times
      delays.medianMs.push(times[times.length >> 1]! - startedAt)
      delays.lastMs.push(times.at(-1)! - startedAt)
    }
    read.times = null
    return delays
  },

  /** Publishes `count` events, each publisher one after the other, and waits until every stream has all. */
  async publish({
    port,
    path,
    token,
    body,
    publishers,
    count
  }: Publication): Promise<{ seconds: number; events: number }> {
    const before = read.total
    const goal = before + count * read.each.length
    const startedAt = performance.now()
    let begun = 0
    await Promise.all(
      Array.from({ length: publishers }, async () => {
        const sender = new RawSender(port)
        while (begun++ < count) {
          const { status } = await sender.post(token, path, body)
          if (status > 299) throw new Error(`answered ${status}`)
        }
        sender.close()
      })
    )
    const endsAt = performance.now() + patienceMs
    while (read.total < goal) {
      if (performance.now() > endsAt) throw new Error(`${goal - read.total} events are missing`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const seconds = (performance.now() - startedAt) / 1_000
    if (read.each.some((events) => events !== read.each[0]))
      throw new Error('not every stream has got the same')
    return { seconds, events: read.total - before }
  }
}

export type FanOutCommands = typeof commands

/** For each event, the time from before its POST until half of the streams had it, and all. */
export type Delays = { medianMs: number[]; lastMs: number[] }

function openOne({ port, request, opened }: Opening, index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let carried = 0
    let head: string | null = ''
    const carry = Buffer.alloc(mark.length - 1)
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: readBuffer.subarray(0, 256 * 1_024),
        callback(length, buffer) {
          const chunk = (buffer as Buffer).subarray(0, length)
          if (head !== null) {
            head += chunk.toString('latin1')
            if (head.includes(opened)) {
              head = null
              resolve()
            }
          }
          let found = 0
          if (carried > 0) {
            const seam = Buffer.concat([carry.subarray(0, carried), chunk.subarray(0, mark.length - 1)])
            if (seam.includes(mark)) found++
          }
          for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) found++
          carried = Math.min(carry.length, length)
          chunk.copy(carry, 0, length - carried)
          read.each[index]! += found
          read.total += found
          if (found > 0) read.times?.push(performance.now())
          return true
        }
      }
    })
    socket.on('error', reject)
    socket.write(request)
  })
}

answerCalls(commands)
