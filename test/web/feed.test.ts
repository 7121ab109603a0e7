import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cursor } from '@parley/contract/cursor'
import { Feed } from '../../web/src/state/sync/feed.ts'

/** A state of only the numbers seen; a snapshot contains all up to its cursor. */
function feedOf(head: () => number) {
  let cursor: Cursor | null = null
  let snapshots = 0
  const pending: (() => void)[] = []
  const feed = new Feed({
    cursor: () => cursor,
    async takeSnapshot() {
      const seq = head()
      snapshots++
      await new Promise<void>((resolve) => pending.push(resolve))
      cursor = { epoch: 'e', seq }
    },
    apply(_event, next) {
      if (cursor?.seq !== next.seq - 1) throw new Error(`${next.seq} does not follow ${cursor?.seq}`)
      cursor = next
    }
  })
  return {
    feed,
    tell: (seq: number) => feed.take({ name: 'gone', data: {} }, { epoch: 'e', seq }),
    async answer() {
      pending.shift()?.()
      await new Promise((resolve) => setTimeout(resolve))
    },
    get seq() {
      return cursor?.seq
    },
    get snapshots() {
      return snapshots
    },
    get waiting() {
      return pending.length
    }
  }
}

describe('the feed', () => {
  it('misses nothing between a snapshot and the events around it', async () => {
    const made = feedOf(() => 5)
    const started = made.feed.startOver()
    for (const seq of [4, 5, 6, 7]) made.tell(seq)
    await made.answer()
    await started
    expect(made.seq).toBe(7)
    expect(made.snapshots).toBe(1)
  })

  it('takes a fresh snapshot at a gap', async () => {
    let head = 1
    const made = feedOf(() => head)
    const started = made.feed.startOver()
    await made.answer()
    await started
    head = 4
    made.tell(3)
    made.tell(4)
    made.tell(5)
    await made.answer()
    expect(made.seq).toBe(5)
    expect(made.snapshots).toBe(2)
  })

  it('ends at the head, whatever events are lost, repeated or late', async () => {
    const happens = fc.oneof(
      fc.record({ lost: fc.boolean() }),
      fc.record({ again: fc.nat(5) }),
      fc.constant('answered' as const)
    )
    await fc.assert(
      fc.asyncProperty(fc.array(happens, { maxLength: 40 }), async (script) => {
        let head = 0
        const made = feedOf(() => head)
        const started = made.feed.startOver()
        for (const each of script) {
          if (each === 'answered') await made.answer()
          else if ('again' in each) made.tell(Math.max(0, head - each.again))
          else {
            head++
            if (!each.lost) made.tell(head)
          }
        }
        head++
        made.tell(head)
        while (made.waiting > 0) await made.answer()
        await started
        expect(made.seq).toBe(head)
      }),
      { numRuns: 50 }
    )
  })
})
