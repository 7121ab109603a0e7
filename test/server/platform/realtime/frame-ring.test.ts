import { expect, test } from 'vitest'
import { FrameBudget, FrameRing } from '../../../../server/platform/realtime/frame-ring.ts'
import { pullMaxBytes } from '../../../../server/platform/realtime/slow-reader.ts'

const frameOf = (lines: string) => ({ lines, bytes: Buffer.byteLength(lines) })

/** Returns a ring that was given frames with these seqs, in this order. */
function ringOf(...seqs: number[]): FrameRing {
  const ring = new FrameRing('e', new FrameBudget(1_000_000))
  for (const seq of seqs) ring.push(seq, frameOf(`${seq} `))
  return ring
}

const after = (ring: FrameRing, seq: number) =>
  ring.after(seq, pullMaxBytes)?.text.replaceAll(/id: e-\d+\n/g, '')

test('a ring returns every frame after a seq, or nothing if it does not reach back or has nothing newer', () => {
  const ring = ringOf(4, 5, 6)
  expect([2, 3, 4, 5, 6, 7].map((seq) => after(ring, seq))).toEqual([
    undefined,
    '4 5 6 ',
    '5 6 ',
    '6 ',
    undefined,
    undefined
  ])
  expect(ring.after(4, pullMaxBytes)?.text).toBe('id: e-5\n5 id: e-6\n6 ')
})

test('N2: a frame that leaves a gap restarts the ring; a late or repeated frame is ignored', () => {
  const ring = ringOf(4, 5, 7)
  expect([4, 5, 6].map((seq) => after(ring, seq))).toEqual([undefined, undefined, '7 '])
  ring.push(6, frameOf('late'))
  ring.push(7, frameOf('again'))
  ring.push(8, frameOf('8 '))
  expect(after(ring, 6)).toBe('7 8 ')
})

test('a ring is bounded in bytes, and always holds the newest frame', () => {
  const budget = new FrameBudget(10_000_000)
  const ring = new FrameRing('e', budget)
  // Three bytes per character.
  for (let seq = 1; seq <= 20; seq++) ring.push(seq, frameOf('語'.repeat(4_000)))
  expect([9, 10].map((seq) => ring.after(seq, pullMaxBytes)?.last)).toEqual([undefined, 15])
  expect(budget.bytes).toBe(10 * 12_000)
  ring.push(21, frameOf('x'.repeat(1_000_000)))
  expect(ring.after(20, pullMaxBytes)).toMatchObject({ last: 21, bytes: 1_000_000 + 'id: e-21\n'.length })
  expect(budget.bytes).toBe(1_000_000)
})

test('a pull is bounded in size and returns how far it got', () => {
  const ring = new FrameRing('e', new FrameBudget(1_000_000))
  for (let seq = 1; seq <= 10; seq++) ring.push(seq, frameOf('x'.repeat(10_000)))
  const pulls = [0, 6].map((seq) => ring.after(seq, pullMaxBytes)!)
  expect(pulls.map(({ last }) => last)).toEqual([6, 10])
  for (const { bytes, text } of pulls) {
    expect(bytes).toBe(Buffer.byteLength(text))
    expect(bytes).toBeLessThan(pullMaxBytes + 200)
  }
})

test('frames pulled by all streams are dropped', () => {
  const ring = ringOf(4, 5, 6)
  ring.trim(3)
  expect(after(ring, 3)).toBe('4 5 6 ')
  ring.trim(5)
  expect([4, 5].map((seq) => after(ring, seq))).toEqual([undefined, '6 '])
  ring.trim(6)
  ring.push(7, frameOf('7 '))
  expect([5, 6].map((seq) => after(ring, seq))).toEqual([undefined, '7 '])
  ring.trim(Infinity)
  expect(after(ring, 6)).toBeUndefined()
})

test('S19: the frames of all rings have one bound, and the ring that has waited longest is cleared', () => {
  const budget = new FrameBudget(10_000)
  const rings = Array.from({ length: 20 }, () => new FrameRing('e', budget))
  for (const [index, ring] of rings.entries()) {
    ring.push(1, frameOf('x'.repeat(1_000)))
    // A ring that keeps up is never the one that waits.
    rings[0]!.trim(index)
    rings[0]!.push(index + 2, frameOf('x'.repeat(10)))
    expect(budget.bytes).toBeLessThanOrEqual(10_000)
  }
  const held = rings.map((ring, index) => ring.after(index === 0 ? 20 : 0, pullMaxBytes) !== undefined)
  expect(held.filter(Boolean)).toHaveLength(10)
  expect(held.slice(0, 11)).toEqual([true, ...Array<boolean>(10).fill(false)])
  for (const ring of rings) ring.clear()
  expect(budget.bytes).toBe(0)
})
