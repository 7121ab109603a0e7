import { randomUUID } from 'node:crypto'
import type { Message } from '@parley/contract/messages'
import { apiWith, type Api } from '../harness/api.ts'
import { openStream, type EventStream, type StreamEvent } from '../harness/stream.ts'
import { isInjecting, pause, type Random, type StormRecord } from './storm-record.ts'

export type ProbeOptions = {
  from: Api
  to: Api
  conversationId: string
  nodes: readonly { url: string }[]
  record: StormRecord
  random: Random
  /** Since when the database has answered (performance.now()); Infinity while it does not. */
  databaseSince: () => number
  /** Maximum time from acknowledgement to an open stream at this moment, ms. */
  boundMs: () => number
}

/**
 * Measures delivery delay between nodes. One person sends at one node for as long as it answers. No one else
 * writes to the recipient, who has a stream at every node. So an event reaches another node by a hint or by
 * the sweep only: a commit there would have delivered missed events as well.
 */
export function startProbe(options: ProbeOptions) {
  const { from, to, conversationId, nodes, record, random, databaseSince, boundMs } = options
  const acknowledged = new Map<string, number>()
  const delays: number[] = []
  const over = new AbortController()
  const watchers = nodes.map(({ url }, index) => startWatcher(url, index))

  function startWatcher(url: string, index: number) {
    const listening = Promise.withResolvers<void>()
    let open: EventStream | undefined
    const watcher = {
      listening: listening.promise,
      seen: new Set<string>(),
      /** Since when its stream has been open and complete; Infinity without one. */
      since: Infinity,
      lastReceived: '',
      async stop() {
        open?.cut()
        await running
      }
    }
    function take({ name, data }: StreamEvent): void {
      watcher.lastReceived = `${name} ${JSON.stringify(data)}`
      if (name === 'sync') {
        watcher.since = Math.min(watcher.since, performance.now())
        listening.resolve()
      }
      if (name === 'reset') record.violate(`${to.user.username}'s stream at node ${index} was reset`)
      if (name !== 'message') return
      const { id } = data as Message
      watcher.seen.add(id)
      const delay = ageOf(id, watcher.since)
      if (delay !== null) delays.push(delay)
    }
    const running = (async () => {
      let cursor: string | undefined
      while (!over.signal.aborted) {
        try {
          open = await openStream(url, to.token, {
            timeoutMs: 30_000,
            ...(cursor !== undefined && { lastEventId: cursor })
          })
          if (over.signal.aborted) open.cut()
          for (;;) {
            take(await open.next())
            cursor = open.lastEventId
          }
        } catch {
          watcher.since = Infinity
          await pause(100)
        }
      }
    })()
    return watcher
  }

  /**
   * Returns how long the message has been deliverable, ms; null if it was not, or if it is not acknowledged
   * yet.
   */
  function ageOf(id: string, since: number): number | null {
    const begin = Math.max(acknowledged.get(id) ?? Infinity, since, databaseSince())
    return begin === Infinity ? null : performance.now() - begin
  }

  const sending = (async () => {
    // A stream without a cursor starts at the current head of the log.
    await Promise.all(watchers.map(({ listening }) => listening))
    for (let node = 0; isInjecting(record);) {
      const clientId = randomUUID()
      for (let answered = false; !answered && !record.broken;) {
        const { url } = nodes[node]!
        try {
          const { id } = await apiWith(url, from.token, from.user).send(conversationId, 'probe', clientId)
          acknowledged.set(id, performance.now())
          answered = true
        } catch {
          node = (node + 1) % nodes.length
          await pause(100)
        }
      }
      await pause(200 + random() * 800)
    }
  })()

  const missing = ({ seen }: { seen: Set<string> }) => acknowledged.keys().filter((id) => !seen.has(id))

  const timing = (async () => {
    while (isInjecting(record)) {
      for (const [node, watcher] of watchers.entries()) {
        for (const id of missing(watcher)) {
          const age = ageOf(id, watcher.since) ?? 0
          if (age > boundMs())
            record.violate(`probe ${id} is missing at node ${node} after ${Math.round(age)} ms`)
        }
      }
      await pause(200)
    }
  })()

  return {
    /** Resolves when every acknowledged message has reached every node, or after a minute. */
    async finish(): Promise<{ count: number; medianMs: number; p99Ms: number; mostMs: number }> {
      await Promise.all([sending, timing])
      const lost = () => watchers.flatMap((watcher) => missing(watcher).toArray())
      for (let waited = 0; lost().length > 0 && waited < 60_000; waited += 100) await pause(100)
      for (const [node, watcher] of watchers.entries()) {
        for (const id of missing(watcher)) {
          record.violate(
            `probe ${id} never reached node ${node}, whose stream state was ${watcher.lastReceived}`
          )
        }
      }
      over.abort()
      await Promise.all(watchers.map((watcher) => watcher.stop()))
      const sorted = delays.toSorted((a, b) => a - b)
      const at = (part: number) => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0)
      return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), mostMs: at(1) }
    }
  }
}
