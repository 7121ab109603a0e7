import { createClient, EventStream } from '@parley/client'
import { silenceMs, injectStreamFaults, type StreamFaults } from './storm-stream-faults.ts'
import { openStormLink, signIn } from './storm-link.ts'
import type { ReaderOptions, StormReader } from './storm-reader.ts'
import { randomOf, type Connection } from './storm-record.ts'

/**
 * Starts a reader that uses the client package; its streams get the same faults and its events the same
 * checks.
 */
export function startClientReader({ name, storm, log, from }: ReaderOptions): StormReader {
  const { record } = storm
  const { epoch } = log
  const { observed } = from
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  let stream: EventStream | undefined
  let streamFaults: StreamFaults | undefined
  let over = false
  let { seq } = from
  let connection: Connection

  async function run(): Promise<void> {
    const session = await signIn(link, log.person.name, () => over)
    if (!session || over) return
    const { token } = session
    stream = new EventStream({
      async open(cursor, signal) {
        connection = record.connect(log.person.id)
        streamFaults?.end()
        streamFaults = injectStreamFaults(record, link, random, () => `${name} at ${seq}`)
        return await createClient({ baseUrl: await link.url(), token, timeoutMs: silenceMs }).openEvents(
          cursor,
          signal
        )
      },
      cursor: { epoch, seq },
      onEvent(event, cursor) {
        if (cursor.epoch !== epoch || cursor.seq !== seq + 1) {
          record.violate(`${name} received ${event.name} ${cursor.epoch}-${cursor.seq} after ${seq}`)
        }
        seq = cursor.seq
        log.take(seq, event, name, connection)
        observed.apply(event)
      },
      onReset(reason) {
        record.violate(`${name} was reset at ${seq}: ${reason}`)
        return Promise.reject(new Error(reason))
      },
      onSignedOut: () => record.violate(`${name} was signed out at ${seq}`),
      stallMs: silenceMs,
      // Short delays, because a storm is short.
      random: () => random() / 5
    })
  }
  const running = run()
  return {
    name,
    observed,
    get seq() {
      return seq
    },
    get state() {
      return `its stream is ${stream?.state ?? 'signing in'}`
    },
    async stop() {
      over = true
      await running
      stream?.close()
      streamFaults?.end()
      await link.close()
    }
  }
}
