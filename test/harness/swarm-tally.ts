/** Combined observations of one swarm's streams. */
export type SwarmTally = {
  open: number
  /** Log events of all streams together; signals are not counted. */
  events: number
  connects: number
  /** Connections that ended, from either side. */
  ends: number
  resets: number
  /** By the socket error's code. */
  failures: Record<string, number>
  /** By the `refused` event's code. */
  refused: Record<string, number>
  /** Responses that were not streams, by status. */
  statuses: Record<number, number>
  /** The `retry:` value of each stream that the server ended, ms. */
  retriesMs: number[]
  /** The first few violated invariants, in words. */
  violations: string[]
}

const violationsMax = 20

/**
 * The logs as received by each person's first stream. Every other stream must receive the same event at each
 * seq.
 */
export class SwarmRecord {
  readonly tally: SwarmTally = {
    open: 0,
    events: 0,
    connects: 0,
    ends: 0,
    resets: 0,
    failures: {},
    refused: {},
    statuses: {},
    retriesMs: [],
    violations: []
  }
  readonly #logs = new Map<string, string[]>()
  #delays: number[] = []

  violate(what: string): void {
    if (this.tally.violations.length < violationsMax) this.tally.violations.push(what)
  }

  take(person: string, seq: number, data: string, timed: boolean): void {
    this.tally.events++
    let log = this.#logs.get(person)
    if (!log) this.#logs.set(person, (log = []))
    log[seq] ??= data
    if (log[seq] !== data) this.violate(`${person} has two events ${seq}: ${log[seq]} and ${data}`)
    const sentAt = timed ? sentAtOf(data) : null
    if (sentAt !== null) this.#delays.push(Number(process.hrtime.bigint() - sentAt) / 1e6)
  }

  /** Returns the JSON of one person's events, in order. */
  logOf(person: string): string[] {
    return Object.values(this.#logs.get(person) ?? [])
  }

  /** Returns and clears the delivery delays, ms, of timed events whose content `markSent` wrote. */
  takeDelays(): Float64Array {
    const delays = Float64Array.from(this.#delays)
    this.#delays = []
    return delays
  }
}

// An @ would make every message look up mentions.
const marker = '"content":"#'

/** Returns content with the send time, on the monotonic clock that all processes of the machine share. */
export function markSent(text = ''): string {
  return `#${process.hrtime.bigint()}; ${text}`
}

function sentAtOf(data: string): bigint | null {
  const at = data.indexOf(marker)
  if (at < 0) return null
  const from = at + marker.length
  return BigInt(data.slice(from, data.indexOf(';', from)))
}
