/** A row of a bench's table: Parley's values by round, and the peer's in the same rounds. */
export type Row = {
  what: string
  unit: string
  parley: number[]
  /** The ceiling or peer, measured alternately with Parley; the ratio is Parley's value divided by this. */
  peer?: { what: string; values: number[] }
  /** The target of the ratio, or without a peer, of the value. */
  reach?: { atLeast: number } | { atMost: number }
}

/** Values along a number: `values` has the rounds of each of the `points`. */
export type Curve = {
  along: string
  points: number[]
  lines: { what: string; unit: string; values: number[][] }[]
}

export type BenchOutcome = { rows: Row[]; curve?: Curve; notes?: string[] }

/** `quick` shows that a bench works and loses nothing; its numbers have little meaning. */
export type Size = 'quick' | 'full'

export type Bench = {
  name: string
  title: string
  /** What is measured and compared, in a few sentences. */
  description: string
  /** Throws if an acknowledged message was not delivered. */
  run(size: Size, log: (line: string) => void): Promise<BenchOutcome>
}

/** The stored results of a run of record. */
export type BenchRecord = BenchOutcome & {
  name: string
  title: string
  description: string
  date: string
  commit: string
  machine: string
  versions: string
  loadBefore: number
}

/** Returns the value below which a share `q` (0 to 1) of the values lies. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}

/** Returns Parley's ratio to its peer in each round, or the values themselves without a peer. */
export function judged({ parley, peer }: Row): number[] {
  return peer ? parley.map((value, round) => value / peer.values[round]!) : parley
}

/** Returns whether the median reached its target; null without a target. */
export function isReached(row: Row): boolean | null {
  if (!row.reach) return null
  const value = median(judged(row))
  return 'atLeast' in row.reach ? value >= row.reach.atLeast : value <= row.reach.atMost
}
