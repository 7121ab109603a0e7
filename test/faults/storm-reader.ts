import { get, type IncomingMessage } from 'node:http'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { LogEvent } from '@parley/contract/events'
import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../harness/stream.ts'
import type { ObservedState } from '../harness/observed-state.ts'
import { silenceMs, injectStreamFaults } from './storm-stream-faults.ts'
import { isExcuse, openStormLink, signIn, type Storm } from './storm-link.ts'
import type { Bookmark, PersonLog } from './storm-log.ts'
import { pause, randomOf, type Connection } from './storm-record.ts'

export type StormReader = {
  readonly name: string
  readonly seq: number
  /** The state derived from its events. */
  readonly observed: ObservedState
  /** Its last observation, for error messages. */
  readonly state: string
  stop(): Promise<void>
}

export type ReaderOptions = {
  name: string
  storm: Storm
  log: PersonLog
  /** Where it starts: an observed state, and the seq after which it resumes. */
  from: Bookmark
}

/** Signals, which are not in the log. */
const passing = new Set(['sync', 'typing', 'presence'])

/** A stream ends within a second of its session; a busy machine may report it later, ms. */
const streamEndMs = 30_000

/**
 * Starts a reader with its own cursor and session. It is cut, disconnects, reads slowly, signs out, and
 * reconnects.
 */
export function startReader({ name, storm, log, from }: ReaderOptions): StormReader {
  const { record, world } = storm
  const { epoch } = log
  const { observed } = from
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  const life = new AbortController()
  const isOver = () => life.signal.aborted
  let { seq } = from
  let lastReceived = 'nothing'
  let lastReceivedAt = performance.now()
  /** When its session ended by this machine's wall clock, which also dates the server's messages. */
  let signedOutAt = Infinity
  let leave: (() => void) | undefined

  function take({ name: event, id, data }: StreamEvent, connection: Connection): void {
    lastReceived = `${event} ${JSON.stringify(data).slice(0, 100)}`
    lastReceivedAt = performance.now()
    if (passing.has(event)) {
      if (id !== null) record.violate(`${name} got ${event} with the id ${id}`)
      return
    }
    const cursor = id === null ? null : parseCursor(id)
    if (event === 'refused') {
      if (!isExcuse((data as { code?: unknown }).code)) record.violate(`${name} was refused: ${lastReceived}`)
    } else if (event === 'reset') record.violate(`${name} was reset at ${seq}: ${lastReceived}`)
    else if (cursor?.epoch !== epoch || cursor.seq !== seq + 1) {
      record.violate(`${name} got ${event} with the id ${id} after ${seq}`)
    } else {
      const { createdAt } = data as { createdAt?: string }
      if (createdAt && Date.parse(createdAt) > signedOutAt + 1_000 + world.sessionLagMs) {
        record.violate(`${name} got a message of ${createdAt}, its session had ended at ${signedOutAt}`)
      }
      seq = cursor.seq
      const logEvent = { name: event, data } as LogEvent
      log.take(seq, logEvent, name, connection)
      observed.apply(logEvent)
    }
  }

  /** Reads until the connection ends from either side. Returns whether the session has ended as well. */
  async function connect(token: string): Promise<boolean> {
    const url = await link.url()
    const closed = Promise.withResolvers<void>()
    const connection = record.connect(log.person.id)
    let over = false
    let signedOut = Promise.resolve(false)
    const decoder = new TextDecoder()
    const parser = createParser({
      // The seq advances with the event, never with its id line alone: a truncated event was not read.
      onEvent: ({ event, id, data }) =>
        take({ name: event ?? 'message', id: id ?? null, data: JSON.parse(data) as unknown }, connection)
    })
    const headers = {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      'last-event-id': formatCursor({ epoch, seq })
    }
    const streamFaults = injectStreamFaults(record, link, random, () => `${name} at ${seq}`)
    const request = get(`${url}/api/messages`, { headers, agent: false, timeout: silenceMs })
    request.on('timeout', () => request.destroy())
    request.on('error', () => closed.resolve())
    request.on('close', () => closed.resolve())
    leave = () => void request.destroy()
    request.on('response', (response: IncomingMessage) => {
      record.answers++
      const { statusCode = 0, headers } = response
      const isNginx = statusCode >= 500 && String(headers.server).startsWith('nginx')
      if (statusCode !== 200 && !isNginx) record.violate(`${name}'s stream was answered ${statusCode}`)
      if (statusCode !== 200) {
        request.destroy()
        return
      }
      response.on('error', () => {})
      response.on('data', (chunk: Buffer) => {
        if (!over) parser.feed(decoder.decode(chunk, { stream: true }))
      })
      if (streamFaults.action === 'stall') {
        record.inject('reader stalled', `${name} at ${seq}`)
        response.pause()
        void pause(50 + random() * 1_500).then(() => response.resume())
      } else if (streamFaults.action === 'sign out') signedOut = signOut(token, closed.promise)
    })
    await closed.promise
    over = true
    streamFaults.end()
    return await signedOut
  }

  /**
   * Ends the session of an open stream: the stream must close, and the session must be rejected from then on.
   */
  async function signOut(token: string, streamClosed: Promise<void>): Promise<boolean> {
    const waitMs = () => random() * 50
    await pause(random() * 500)
    if (isOver() || record.calm) return false
    record.inject('session ended in mid-stream', `${name} at ${seq}`)
    // 401: the session had ended, but the response was lost.
    const logout = { method: 'POST', path: '/api/logout', token, expected: [204, 401] }
    if (!(await link.askOn(logout, isOver, waitMs))) return true
    signedOutAt = Date.now()
    const endedAt = performance.now()
    const late = setTimeout(() => {
      record.violate(`${name}'s stream outlived its session`)
      leave?.()
    }, streamEndMs)
    await streamClosed
    clearTimeout(late)
    const isHeardOf = () => performance.now() - endedAt > world.sessionLagMs
    for (let status = 200; status !== 401 && !isOver();) {
      const expected = isHeardOf() ? [401] : [401, 200]
      const answer = await link.askOn({ path: '/api/auth_user', token, expected }, isOver, waitMs)
      status = answer?.status ?? 401
    }
    return true
  }

  const running = (async () => {
    let session = await signIn(link, log.person.name, isOver)
    while (session && !isOver()) {
      const isSignedOut = await connect(session.token)
      if (isOver()) break
      if (isSignedOut) {
        signedOutAt = Infinity
        session = await signIn(link, log.person.name, isOver)
      }
      if (!record.calm && random() < 0.2) {
        record.inject('reader away', `${name} at ${seq}`)
        await pause(random() * 2_000)
      } else await pause(random() * 100)
    }
  })()
  return {
    name,
    observed,
    get seq() {
      return seq
    },
    get state() {
      return `it got ${lastReceived} ${Math.round(performance.now() - lastReceivedAt)} ms ago`
    },
    async stop() {
      life.abort()
      leave?.()
      await running
      await link.close()
    }
  }
}
