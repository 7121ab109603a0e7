import type { Row } from '../../state/model/rows.ts'

/** Returns a function that gives back the earlier object of each row that has not changed, so that it is not rendered. */
export function rowKeeper(): (rows: readonly Row[]) => Row[] {
  let kept: ReadonlyMap<string, Row> = new Map()
  return (rows) => {
    const next = rows.map((row) => {
      const before = kept.get(row.key)
      return before && isSame(before, row) ? before : row
    })
    kept = new Map(next.map((row) => [row.key, row]))
    return next
  }
}

function isSame(before: Row, row: Row): boolean {
  return (Object.keys(row) as (keyof Row)[]).every((key) =>
    key === 'readers'
      ? row.readers.length === before.readers.length &&
        row.readers.every((reader, index) => reader === before.readers[index])
      : row[key] === before[key]
  )
}
