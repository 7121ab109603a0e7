/** One line of a bench's table: what Parley did, in each round, and what it is held against in the same round. */
export type Row = {
  what: string
  unit: string
  parley: number[]
  /** The ceiling or the peer, measured in turn with Parley; the ratio is Parley's by this. */
  peer?: { what: string; values: number[] }
  /** What the ratio, or without a peer the value, should come to. */
  reach?: { atLeast: number } | { atMost: number }
}

/** How values change along a number: `values` has the rounds of each of the `points`. */
export type Curve = {
  along: string
  points: number[]
  lines: { what: string; unit: string; values: number[][] }[]
}

export type BenchOutcome = { rows: Row[]; curve?: Curve; notes?: string[] }

/** `quick` shows that a bench works and loses nothing; its numbers mean little. */
export type Size = 'quick' | 'full'

export type Bench = {
  name: string
  title: string
  /** What is measured, and what it is held against, in a few sentences. */
  about: string
  /** Throws when something that was acknowledged was not delivered. */
  run(size: Size, log: (line: string) => void): Promise<BenchOutcome>
}

/** What is kept of a run of record. */
export type BenchRecord = BenchOutcome & {
  name: string
  title: string
  about: string
  date: string
  commit: string
  machine: string
  versions: string
  loadBefore: number
}

/** The value below which a share `q` (0 to 1) of the values lies. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}

/** Parley's share of its peer in each round; the values themselves where there is no peer. */
export function judged({ parley, peer }: Row): number[] {
  return peer ? parley.map((value, round) => value / peer.values[round]!) : parley
}

/** Whether the median came to what it should; null where nothing is asked. */
export function isReached(row: Row): boolean | null {
  if (!row.reach) return null
  const value = median(judged(row))
  return 'atLeast' in row.reach ? value >= row.reach.atLeast : value <= row.reach.atMost
}
