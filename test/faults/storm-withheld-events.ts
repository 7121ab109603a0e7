/**
 * Records where a person's log says `gone`, and what it withheld. Late readers do not see withheld events, so
 * their observed state may be incomplete until the withdrawal reaches them.
 */
export function trackWithheldEvents() {
  const gone: number[] = []
  const removals: { id: string; seq: number }[] = []
  const deferred: { causes: { id: string; since: number }[]; seq: number; complaint: string }[] = []

  const since = (after: number, seq: number) => (gone.findLast((each) => each <= seq) ?? 0) > after
  const removedAfter = (id: string, seq: number) => removals.some((each) => each.id === id && each.seq > seq)
  return {
    add(seq: number): void {
      gone.push(seq)
    },
    addRemoval(id: string, seq: number): void {
      removals.push({ id, seq })
    },
    /** Whether any event in between is unknown. */
    since,
    removedAfter,
    /** Records a difference that is excusable if one of `causes` was withdrawn later. */
    defer(causes: { id: string; since: number }[], seq: number, complaint: string): void {
      deferred.push({ causes, seq, complaint })
    },
    /** Returns the differences that no withdrawal explains. */
    unexplained(): string[] {
      return deferred
        .filter(
          ({ causes, seq }) => !causes.some((each) => since(each.since, seq) && removedAfter(each.id, seq))
        )
        .map(({ complaint }) => complaint)
    }
  }
}
