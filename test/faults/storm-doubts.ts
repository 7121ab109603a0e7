/**
 * Where one person's log says `gone`, and what was taken from them. Whoever reads late is not told what was theirs for a
 * while: what they know of it may be short until they hear that it was taken.
 */
export function startDoubts() {
  const gone: number[] = []
  const removals: { id: string; seq: number }[] = []
  const kept: { about: { id: string; since: number }[]; seq: number; complaint: string }[] = []

  const since = (after: number, seq: number) => (gone.findLast((each) => each <= seq) ?? 0) > after
  const removedAfter = (id: string, seq: number) => removals.some((each) => each.id === id && each.seq > seq)
  return {
    hide(seq: number): void {
      gone.push(seq)
    },
    remove(id: string, seq: number): void {
      removals.push({ id, seq })
    },
    /** Whether anything between the two is not known. */
    since,
    removedAfter,
    /** A difference that is no fault if what `about` names was taken later. */
    keep(about: { id: string; since: number }[], seq: number, complaint: string): void {
      kept.push({ about, seq, complaint })
    },
    /** The differences that nothing explains. */
    unfounded(): string[] {
      return kept
        .filter(
          ({ about, seq }) => !about.some((each) => since(each.since, seq) && removedAfter(each.id, seq))
        )
        .map(({ complaint }) => complaint)
    }
  }
}
