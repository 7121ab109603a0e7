import { formatCursor } from '@parley/contract/cursor'
import type { Store } from '../../store.ts'

/** State with the place in the viewer's log that it is true of at least: a stream goes on from `cursor`. */
export type Snapshot<Data> = { cursor: string; data: Data }

export function snapshotOf<Data>(store: Store, head: number, data: Data): Snapshot<Data> {
  return { cursor: formatCursor({ epoch: store.epoch, seq: head }), data }
}
