import { expect, test } from 'vitest'
import { FrameRing } from '../../../server/realtime/frame-ring.ts'

/** A ring that was given frames with these places, in this order. */
function ringOf(...seqs: number[]): FrameRing {
  const ring = new FrameRing()
  for (const seq of seqs) ring.push({ seq, text: `${seq} ` })
  return ring
}

const after = (ring: FrameRing, seq: number) => ring.after(seq)?.text

test('a ring gives everything after a place, and nothing where it does not reach back or has nothing newer', () => {
  const ring = ringOf(4, 5, 6)
  expect([2, 3, 4, 5, 6, 7].map((seq) => after(ring, seq))).toEqual([
    undefined,
    '4 5 6 ',
    '5 6 ',
    '6 ',
    undefined,
    undefined
  ])
})

test('N2: a frame that leaves a hole begins the ring anew; one that comes late or again is not taken', () => {
  const ring = ringOf(4, 5, 7)
  expect([4, 5, 6].map((seq) => after(ring, seq))).toEqual([undefined, undefined, '7 '])
  ring.push({ seq: 6, text: 'late' })
  ring.push({ seq: 7, text: 'again' })
  ring.push({ seq: 8, text: '8 ' })
  expect(after(ring, 6)).toBe('7 8 ')
})

test('a ring holds so many bytes and no more, and the newest frame whatever its size', () => {
  const ring = new FrameRing()
  for (let seq = 1; seq <= 20; seq++) ring.push({ seq, text: 'x'.repeat(10_000) })
  expect([6, 7].map((seq) => ring.after(seq)?.bytes)).toEqual([undefined, 130_000])
  ring.push({ seq: 21, text: 'x'.repeat(1_000_000) })
  expect(ring.after(20)?.last).toBe(21)
})
