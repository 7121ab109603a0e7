/**
 * A place in one user's event log, written `<epoch>-<seq>` on the wire: `epoch` is one random word for the whole
 * database, `seq` the number of the last event seen (0 before the first).
 */
export type Cursor = { epoch: string; seq: number }

const cursorPattern = /^([a-z0-9]{1,32})-(0|[1-9][0-9]{0,15})$/

/** The cursor that `text` writes, or null when it is no cursor. */
export function parseCursor(text: string): Cursor | null {
  const match = cursorPattern.exec(text)
  if (!match) return null
  const seq = Number(match[2])
  return Number.isSafeInteger(seq) ? { epoch: match[1]!, seq } : null
}

/** `<epoch>-<seq>`, as it stands in `id:` lines and the `Event-Cursor` header. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}-${cursor.seq}`
}
