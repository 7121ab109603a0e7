import { expect, test } from 'vitest'
import { decodeUpdate } from '../../../server/presence/presence-updates.ts'

test.each([
  '',
  'null',
  '1',
  '[]',
  '{}',
  '{"node":1}',
  '{"node":"a","seq":1}',
  '{"node":"a","wants":1}',
  '\0'
])('an invalid message from another node is ignored: %j', (text) => {
  expect(decodeUpdate(text)).toBeNull()
})
test.each([
  { seq: 1.5 },
  { at: 1e16 },
  { at: '2026' },
  { whole: 1 },
  { came: ['1'] },
  { left: {} },
  { left: [1] },
  { left: [[1, null]] },
  { left: [[1, 1e16]] }
])('nor this: %j', (wrong) => {
  const right = { node: 'a', seq: 1, at: 0, whole: false, came: [1], left: [[2, 0]] }
  expect(decodeUpdate(JSON.stringify(right))).toEqual(right)
  expect(decodeUpdate(JSON.stringify({ ...right, ...wrong }))).toBeNull()
})
