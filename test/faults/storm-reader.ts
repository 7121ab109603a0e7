import { get, type IncomingMessage } from 'node:http'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../harness/stream.ts'
import { pause, type PersonLog, type Random, type StormRecord } from './storm-record.ts'

export type StormReader = { readonly name: string; readonly seq: number; stop(): Promise<void> }

type Options = {
  name: string
  url: string
  token: string
  log: PersonLog
  record: StormRecord
  random: Random
  /** The seq after which it starts. */
  after: number
}

const signals = new Set(['sync', 'refused'])

/** A reader with a cursor that is cut, goes away, is slow, and comes back until it is stopped. */
export function startReader({ name, url, token, log, record, random, after }: Options): StormReader {
  const { epoch } = log.origin
  let seq = after
  const life = new AbortController()
  let leave: (() => void) | undefined

  function take({ name: event, id, data }: StreamEvent): void {
    if (signals.has(event)) return
    const cursor = id === null ? null : parseCursor(id)
    if (event === 'reset') record.violate(`${name} was reset at ${seq}: ${JSON.stringify(data)}`)
    else if (cursor?.epoch !== epoch || cursor.seq !== seq + 1) {
      record.violate(`${name} got ${event} with the id ${id} after ${seq}`)
    } else {
      seq = cursor.seq
      log.take(seq, { name: event, id, data }, name)
    }
  }

  /** Reads until the connection is over, whoever ends it. */
  async function connect(): Promise<void> {
    const plan = record.calm ? 1 : random()
    const cutAfterMs = 50 + random() * 1_500
    let bytesLeft = plan < 0.25 ? 1 + Math.floor(random() * 30_000) : Infinity
    const parser = createParser({
      // The seq moves with the event, never with its id line alone: a torn event is not one that was read.
      onEvent: ({ event, id, data }) =>
        take({ name: event ?? 'message', id: id ?? null, data: JSON.parse(data) as unknown })
    })
    const closed = Promise.withResolvers<void>()
    const headers = {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      'last-event-id': formatCursor({ epoch, seq })
    }
    const request = get(`${url}/api/messages`, { headers, agent: false })
    request.on('error', () => closed.resolve())
    request.on('close', () => closed.resolve())
    leave = () => void request.destroy()
    let over = false

    request.on('response', (response: IncomingMessage) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200 && statusCode < 500) record.violate(`${name} was answered ${statusCode}`)
      if (statusCode !== 200) {
        request.destroy()
        return
      }
      response.on('error', () => {})
      response.on('data', (chunk: Buffer) => {
        if (over) return
        const part = chunk.subarray(0, bytesLeft)
        bytesLeft -= part.length
        parser.feed(decoder.decode(part, { stream: true }))
        if (bytesLeft <= 0) {
          over = true
          record.inject('stream torn inside a chunk', `${name} at ${seq}`)
          request.destroy()
        } else if (plan >= 0.5 && plan < 0.65 && !record.calm) {
          response.pause()
          void pause(cutAfterMs / 10).then(() => response.resume())
        }
      })
      if (plan >= 0.5 && plan < 0.65) record.inject('reader slow', `${name} at ${seq}`)
      if (plan >= 0.65 && plan < 0.75) {
        record.inject('reader stalled', `${name} at ${seq}`)
        response.pause()
        void pause(cutAfterMs).then(() => response.resume())
      }
    })
    const decoder = new TextDecoder()
    // Those that are slow stay longer, and are cut in the end like the others.
    const stayMs = plan < 0.5 ? cutAfterMs : cutAfterMs * 3
    if (plan < 0.75) {
      void pause(stayMs).then(() => {
        if (over) return null
        over = true
        record.inject('stream cut', `${name} at ${seq}`)
        request.destroy()
        return null
      })
    }
    await closed.promise
    over = true
  }

  const running = (async () => {
    while (!life.signal.aborted) {
      await connect()
      if (life.signal.aborted) break
      if (!record.calm && random() < 0.2) {
        record.inject('reader away', `${name} at ${seq}`)
        await pause(random() * 2_000)
      } else await pause(random() * 100)
    }
  })()
  return {
    name,
    get seq() {
      return seq
    },
    async stop() {
      life.abort()
      leave?.()
      await running
    }
  }
}
