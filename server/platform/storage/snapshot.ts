import { formatCursor } from '@parley/contract/cursor'

/** State with the place in the viewer's log that it is true of at least: a stream goes on from `cursor`. */
export type Snapshot<Data> = { cursor: string; data: Data }

export function snapshotOf<Data>(
  store: { readonly epoch: string },
  head: number,
  data: Data
): Snapshot<Data> {
  return { cursor: formatCursor({ epoch: store.epoch, seq: head }), data }
}
