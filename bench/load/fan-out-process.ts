/** The process that reads a fan-out: it counts the events of each stream, and no more, so that it costs little. */
import { connect } from 'node:net'
import { answerCalls } from '../../test/harness/calls.ts'
import { RawSender } from '../../test/harness/raw-sender.ts'

export type Publication = {
  port: number
  path: string
  token: string
  body: string
  publishers: number
  count: number
}

const readBuffer = Buffer.allocUnsafe(1_024 * 1_024)
/** What has not come by then does not come. */
const patienceMs = 120_000
const mark = Buffer.from('\ndata: {')
/** Events of all streams, and of each. */
const read = { total: 0, each: new Uint32Array() }

export const commands = {
  /** Opens so many streams with the same request; resolves when the head of each answer is there. */
  async open({ port, request, streams }: { port: number; request: string; streams: number }): Promise<null> {
    read.each = new Uint32Array(streams)
    for (let index = 0; index < streams; index++) await openOne(port, request, index)
    return null
  },

  /** Publishes so many events, each publisher one after the other, and waits until every stream has all. */
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

function openOne(port: number, request: string, index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let carried = 0
    const carry = Buffer.alloc(mark.length - 1)
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: readBuffer.subarray(0, 256 * 1_024),
        callback(length, buffer) {
          resolve()
          const chunk = (buffer as Buffer).subarray(0, length)
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
          return true
        }
      }
    })
    socket.on('error', reject)
    socket.write(request)
  })
}

answerCalls(commands)
