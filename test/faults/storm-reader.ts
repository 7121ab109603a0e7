import { get, type IncomingMessage } from 'node:http'
import { formatCursor, parseCursor } from '@parley/contract/cursor'
import type { LogEvent } from '@parley/contract/events'
import { createParser } from 'eventsource-parser'
import type { StreamEvent } from '../harness/stream.ts'
import type { ObservedState } from '../harness/observed-state.ts'
import { silenceMs, startFate } from './storm-fate.ts'
import { isExcuse, openStormLink, signIn, type Storm } from './storm-link.ts'
import type { Bookmark, PersonLog } from './storm-log.ts'
import { pause, randomOf, type Connection } from './storm-record.ts'

export type StormReader = {
  readonly name: string
  readonly seq: number
  /** What it knows by what it heard. */
  readonly observed: ObservedState
  /** What it heard last. */
  readonly state: string
  stop(): Promise<void>
}

export type ReaderOptions = {
  name: string
  storm: Storm
  log: PersonLog
  /** Where it starts: what it knows, and the seq after which it goes on. */
  from: Bookmark
}

/** What passes without a place in the log. */
const passing = new Set(['sync', 'typing', 'presence'])

/** A stream ends within a second of its session; a machine that is busy may take longer to say so. */
const streamEndMs = 30_000

/** A reader with a cursor and a session of its own, which is cut, goes away, is slow and signs out, and comes back. */
export function startReader({ name, storm, log, from }: ReaderOptions): StormReader {
  const { record, world } = storm
  const { epoch } = log
  const { observed } = from
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  const life = new AbortController()
  const isOver = () => life.signal.aborted
  let { seq } = from
  let heard = 'nothing'
  let heardAt = performance.now()
  /** When its session ended, by the wall clock of this machine, which the server's messages are dated by. */
  let signedOutAt = Infinity
  let leave: (() => void) | undefined

  function take({ name: event, id, data }: StreamEvent, connection: Connection): void {
    heard = `${event} ${JSON.stringify(data).slice(0, 100)}`
    heardAt = performance.now()
    if (passing.has(event)) {
      if (id !== null) record.violate(`${name} got ${event} with the id ${id}`)
      return
    }
    const cursor = id === null ? null : parseCursor(id)
    if (event === 'refused') {
      if (!isExcuse((data as { code?: unknown }).code)) record.violate(`${name} was refused: ${heard}`)
    } else if (event === 'reset') record.violate(`${name} was reset at ${seq}: ${heard}`)
    else if (cursor?.epoch !== epoch || cursor.seq !== seq + 1) {
      record.violate(`${name} got ${event} with the id ${id} after ${seq}`)
    } else {
      const { createdAt } = data as { createdAt?: string }
      if (createdAt && Date.parse(createdAt) > signedOutAt + 1_000 + world.sessionLagMs) {
        record.violate(`${name} got a message of ${createdAt}, its session had ended at ${signedOutAt}`)
      }
      seq = cursor.seq
      const heard = { name: event, data } as LogEvent
      log.take(seq, heard, name, connection)
      observed.apply(heard)
    }
  }

  /** Reads until the connection is over, whoever ends it. Says whether the session is over too. */
  async function connect(token: string): Promise<boolean> {
    const url = await link.url()
    const closed = Promise.withResolvers<void>()
    const connection = record.connect(log.person.id)
    let over = false
    let signedOut = Promise.resolve(false)
    const decoder = new TextDecoder()
    const parser = createParser({
      // The seq moves with the event, never with its id line alone: a torn event is not one that was read.
      onEvent: ({ event, id, data }) =>
        take({ name: event ?? 'message', id: id ?? null, data: JSON.parse(data) as unknown }, connection)
    })
    const headers = {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      'last-event-id': formatCursor({ epoch, seq })
    }
    const fate = startFate(record, link, random, () => `${name} at ${seq}`)
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
      if (fate.is === 'stall') {
        record.inject('reader stalled', `${name} at ${seq}`)
        response.pause()
        void pause(50 + random() * 1_500).then(() => response.resume())
      } else if (fate.is === 'sign out') signedOut = signOut(token, closed.promise)
    })
    await closed.promise
    over = true
    fate.end()
    return await signedOut
  }

  /** Ends the session of a stream that is open: the stream must end, and the session be good for nothing. */
  async function signOut(token: string, streamClosed: Promise<void>): Promise<boolean> {
    const waitMs = () => random() * 50
    await pause(random() * 500)
    if (isOver() || record.calm) return false
    record.inject('session ended in mid-stream', `${name} at ${seq}`)
    // 401: it had ended, and the answer was lost.
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
      return `it heard ${heard} ${Math.round(performance.now() - heardAt)} ms ago`
    },
    async stop() {
      life.abort()
      leave?.()
      await running
      await link.close()
    }
  }
}
