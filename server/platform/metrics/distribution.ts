/**
 * How many values fell into which bucket. prom-client's own histogram takes a microsecond or two for a value with labels,
 * which is too much for every request; this takes a search through a dozen numbers.
 */
export class Distribution {
  /** The upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[]
  /** Values in each bucket, and in one more that has no bound. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add(value: number): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++
    this.counts[bucket]!++
    this.sum += value
  }
}
