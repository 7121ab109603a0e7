import packageJson from '../../package.json' with { type: 'json' }
import type { HubCounts } from '../realtime/hub.ts'
import type { Queues } from '../storage/store.ts'
import { Distribution } from './distribution.ts'
import { Exposition } from './exposition.ts'

/** Modules that keep counters in fields of their own; a scrape reads them. */
export type Counting = {
  hub: {
    readonly size: number
    readonly frameBytes: number
    readonly unsentBytes: number
    readonly counts: HubCounts
  }
  sessions: { readonly counts: { cached: number; asked: number } }
  store: { queues(): Queues }
  bus: { readonly state: 'ok' | 'degraded' }
  presence: { readonly size: number }
  jobs: {
    running(): ReadonlyMap<string, number>
    count(): Promise<{ queue: string; waiting: number; held: number; dead: number }[]>
  }
}

type Route = { method: string; route: string; byClass: (Distribution | undefined)[] }

const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/**
 * What a process tells of itself. The parts get an `on…` function where they are made, or count in plain fields; `watch`
 * takes those. docs/OPERATIONS.md says of each metric what to do when it moves.
 */
export function createMetrics() {
  const exposition = new Exposition()
  const sends = { accepted: 0, refused: 0, failed: 0 }
  const batches = new Distribution(sizes)
  const commits = new Distribution(seconds)
  const lags = new Distribution(seconds)
  /** By method and route, then by the first digit of the status. */
  const requests = new Map<string, Route>()

  /** Storage: a batch of sends has its outcomes, `ms` after its commit was begun. */
  function onSends(outcomes: readonly (object | Error)[], ms: number): void {
    batches.add(outcomes.length)
    commits.add(ms / 1_000)
    for (const outcome of outcomes) {
      if (outcome instanceof Error) sends.failed++
      else if ('refused' in outcome) sends.refused++
      else sends.accepted++
    }
  }

  /** Realtime: the frames of a commit were written. */
  function onDelivered(lagMs: number): void {
    lags.add(lagMs / 1_000)
  }

  /** HTTP: a request was answered. */
  function onAnswered(method: string, route: string, status: number, ms: number): void {
    const key = `${method} ${route}`
    let found = requests.get(key)
    if (!found) requests.set(key, (found = { method, route, byClass: [] }))
    const digit = Math.floor(status / 100)
    const times = (found.byClass[digit] ??= new Distribution(seconds))
    times.add(ms / 1_000)
  }

  function* answered(): Iterable<[Record<string, string>, Distribution]> {
    for (const { method, route, byClass } of requests.values()) {
      for (const [digit, times] of byClass.entries()) {
        if (times) yield [{ method, route, status: `${digit}xx` }, times]
      }
    }
  }

  function watch({ hub, sessions, store, bus, presence, jobs }: Counting): void {
    const { counts } = hub
    exposition.counter('parley_sends_total', 'Sends that storage was asked for', () => sends, 'outcome')
    exposition.histogram('parley_send_batch_size', 'Sends that shared a commit', () => [[{}, batches]])
    exposition.histogram(
      'parley_send_commit_duration_seconds',
      'A batch of sends, from its start to its commit',
      () => [[{}, commits]]
    )
    exposition.gauge(
      'parley_storage_queue',
      'Asked of storage and not done yet',
      () => store.queues(),
      'kind'
    )

    exposition.histogram(
      'parley_delivery_lag_seconds',
      'From a commit here to the write of its frames',
      () => [[{}, lags]]
    )
    exposition.gauge('parley_streams', 'Event streams that are open', () => hub.size)
    exposition.counter('parley_streams_opened_total', 'Event streams that were opened', () => counts.opened)
    exposition.counter(
      'parley_streams_refused_total',
      'Event streams that were refused and asked to reconnect',
      () => counts.refused
    )
    exposition.counter(
      'parley_stream_wakes_total',
      'Streams woken by a commit, a hint or a sweep',
      () => counts.wakes
    )
    exposition.counter(
      'parley_stream_pulls_total',
      'What streams were given of their log, by where it was taken from',
      () => ({ ring: counts.ringPulls, database: counts.databasePulls }),
      'source'
    )
    exposition.counter(
      'parley_stream_written_bytes_total',
      'Bytes written to streams',
      () => counts.writtenBytes
    )
    exposition.gauge(
      'parley_stream_frame_bytes',
      'Bytes of frames that wait for slow streams',
      () => hub.frameBytes
    )
    exposition.gauge(
      'parley_stream_unsent_bytes',
      'Bytes that slow readers were given and have not taken',
      () => hub.unsentBytes
    )
    exposition.counter('parley_stream_resets_total', 'Streams that were reset', () => counts.resets)
    exposition.counter(
      'parley_stream_slow_closes_total',
      'Streams cut off as slow consumers',
      () => counts.slowCloses
    )
    exposition.counter(
      'parley_stream_signals_total',
      'Typing and presence signals for streams, by outcome',
      () => ({ written: counts.signals, dropped: counts.signalsDropped }),
      'outcome'
    )
    exposition.gauge(
      'parley_people_online',
      'People who have a stream here, or had one a moment ago',
      () => presence.size
    )

    exposition.histogram(
      'parley_http_request_duration_seconds',
      'Requests but event streams, to their answer',
      answered
    )
    exposition.counter(
      'parley_session_lookups_total',
      'Tokens looked up, by where',
      () => ({ cache: sessions.counts.cached, database: sessions.counts.asked }),
      'source'
    )

    exposition.gauges('parley_jobs', 'Background jobs, by queue and state', ['queue', 'state'], async () =>
      (await jobs.count()).flatMap(({ queue, ...states }) =>
        Object.entries({ running: jobs.running().get(queue) ?? 0, ...states }).map(
          ([state, value]) => [{ queue, state }, value] as const
        )
      )
    )

    exposition.gauge('parley_bus_up', '0 while other nodes may not hear this one', () =>
      Number(bus.state === 'ok')
    )
    exposition.counter(
      'parley_bus_hints_total',
      'Hints from other nodes that announced new events',
      () => counts.hints
    )
    exposition.counter(
      'parley_sweep_finds_total',
      'New events that a sweep found without a hint',
      () => counts.sweepFinds
    )
    exposition.gauge(
      'parley_build_info',
      'What runs: always 1',
      () => ({ [packageJson.version]: 1 }),
      'version'
    )
  }

  return { onSends, onDelivered, onAnswered, watch, exposition }
}

export type Metrics = ReturnType<typeof createMetrics>
