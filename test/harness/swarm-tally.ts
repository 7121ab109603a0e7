/** What the streams of one swarm saw, together. */
export type SwarmTally = {
  open: number
  /** Events of logs, all streams together; signals are not counted. */
  events: number
  connects: number
  /** Connections that ended, whoever ended them. */
  ends: number
  resets: number
  /** By the code of the socket's error. */
  failures: Record<string, number>
  /** By the code of the `refused` event. */
  refused: Record<string, number>
  /** Answers that were no stream, by status. */
  statuses: Record<number, number>
  /** The `retry:` of each stream that the server ended, ms. */
  retriesMs: number[]
  /** The invariants that broke: the first few, in words. */
  violations: string[]
}

const violationsMax = 20

/** The logs as the first stream of each person saw them: every other one must see the same at each seq. */
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

  /** The JSON of one person's events, in order. */
  logOf(person: string): string[] {
    return Object.values(this.#logs.get(person) ?? [])
  }

  /** Milliseconds from the send to here, of every event of a timed stream whose content `markSent` made; forgets them. */
  takeDelays(): Float64Array {
    const delays = Float64Array.from(this.#delays)
    this.#delays = []
    return delays
  }
}

// With an @ every message would look up whom it mentions.
const marker = '"content":"#'

/** A content that says when it was sent, on the clock that all processes of a machine share. */
export function markSent(text = ''): string {
  return `#${process.hrtime.bigint()}; ${text}`
}

function sentAtOf(data: string): bigint | null {
  const at = data.indexOf(marker)
  if (at < 0) return null
  const from = at + marker.length
  return BigInt(data.slice(from, data.indexOf(';', from)))
}
