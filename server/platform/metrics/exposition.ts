import { readdir } from 'node:fs/promises'
import { platform } from 'node:process'
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from 'prom-client'
import type { Distribution } from './distribution.ts'

// With 16,000 sockets open these stop the event loop for 60 ms each time they are read.
const slowDefaults = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds'
]

/** A value now; by the value of its label where it has one. */
export type Read = () => number | Readonly<Record<string, number>>
/** The distributions of a histogram now, each with its labels. */
export type Series = () => Iterable<[Readonly<Record<string, string>>, Distribution]>

/**
 * Exposes counters that other modules keep, in Prometheus' format. It reads them on each scrape and does nothing in between.
 * Node's own process metrics are always included.
 */
export class Exposition {
  readonly #registry = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    for (const name of slowDefaults) this.#registry.removeSingleMetric(name)
    if (platform !== 'linux') return
    const descriptors: Gauge = new Gauge({
      name: 'process_open_fds',
      help: 'File descriptors that are open.',
      registers: [this.#registry],
      async collect() {
        // Of a process that has none left this is not known, and the rest is.
        const open = await readdir('/proc/self/fd').catch(() => null)
        if (open) descriptors.set(open.length)
        else descriptors.set(Number.NaN)
      }
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  counter(name: string, help: string, read: Read, label?: string): void {
    const metric: Counter = new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        metric.reset()
        for (const [labels, value] of valuesOf(read(), label)) metric.inc(labels, value)
      }
    })
  }

  gauge(name: string, help: string, read: Read, label?: string): void {
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        for (const [labels, value] of valuesOf(read(), label)) metric.set(labels, value)
      }
    })
  }

  /** A gauge with several labels, read from the database when metrics are asked for; without values when that fails. */
  gauges(
    name: string,
    help: string,
    labelNames: string[],
    read: () => Promise<Iterable<readonly [Readonly<Record<string, string>>, number]>>
  ): void {
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        const values = await read().catch(() => [])
        metric.reset()
        for (const [labels, value] of values) metric.set(labels, value)
      }
    })
  }

  histogram(name: string, help: string, series: Series): void {
    const get = async () => ({
      name,
      help,
      type: 'histogram',
      values: [...series()].flatMap(([labels, distribution]) => bucketsOf(name, labels, distribution))
    })
    // The part of a metric that a registry uses.
    this.#registry.registerMetric({ name, help, type: 'histogram', get } as unknown as Metric)
  }
}

function valuesOf(read: ReturnType<Read>, label: string | undefined): [Record<string, string>, number][] {
  if (typeof read === 'number') return [[{}, read]]
  return Object.entries(read).map(([key, value]) => [{ [label!]: key }, value])
}

/** In Prometheus a bucket holds all that is below its bound. */
function bucketsOf(name: string, labels: object, { bounds, counts, sum }: Distribution) {
  let below = 0
  const buckets = counts.map((count, index) => {
    below += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[index] ?? '+Inf' }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below }
  ]
}
