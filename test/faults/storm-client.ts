import { createClient, EventStream } from '@parley/client'
import { silenceMs, startFate, type Fate } from './storm-fate.ts'
import { openStormLink, signIn } from './storm-link.ts'
import type { ReaderOptions, StormReader } from './storm-reader.ts'
import { randomOf, type Connection } from './storm-record.ts'

/** A reader by the client package: what befalls its streams is the same, and what it hands on is held to the same. */
export function startClientReader({ name, storm, log, from }: ReaderOptions): StormReader {
  const { record } = storm
  const { epoch } = log
  const { observed } = from
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  let stream: EventStream | undefined
  let fate: Fate | undefined
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
        fate?.end()
        fate = startFate(record, link, random, () => `${name} at ${seq}`)
        return await createClient({ baseUrl: await link.url(), token, timeoutMs: silenceMs }).openEvents(
          cursor,
          signal
        )
      },
      cursor: { epoch, seq },
      onEvent(event, cursor) {
        if (cursor.epoch !== epoch || cursor.seq !== seq + 1) {
          record.violate(`${name} was handed ${event.name} ${cursor.epoch}-${cursor.seq} after ${seq}`)
        }
        seq = cursor.seq
        log.take(seq, event, name, connection)
        observed.apply(event)
      },
      onReset(reason) {
        record.violate(`${name} was told to start over at ${seq}: ${reason}`)
        return Promise.reject(new Error(reason))
      },
      onSignedOut: () => record.violate(`${name} was signed out at ${seq}`),
      stallMs: silenceMs,
      // A storm is short.
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
      return `it is ${stream?.state ?? 'signing in'}`
    },
    async stop() {
      over = true
      await running
      stream?.close()
      fate?.end()
      await link.close()
    }
  }
}
