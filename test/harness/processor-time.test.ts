import { expect, test } from 'vitest'
import { growthProblem } from '../fixtures/processor-time.ts'

test('a reader whose time grows with the square of its input is found, with the inputs that take most', async () => {
  const problem = await growthProblem((text) => /\s+$/.test(text), { large: 16 * 1_024 })
  expect(problem).toMatch(/for 16384 bytes, .*,spaces/)
})

test('one whose time grows as its input does is not', async () => {
  expect(await growthProblem((text) => text.split(/\s/), { large: 64 * 1_024 })).toBeNull()
})
