import { expect, test } from 'vitest'
import { growthProblem } from '../fixtures/processor-time.ts'

test('finds a reader whose time grows quadratically, and its slowest inputs', async () => {
  const problem = await growthProblem((text) => /\s+$/.test(text), { large: 16 * 1_024 })
  expect(problem).toMatch(/for 16384 bytes, .*,spaces/)
})

test('accepts a reader whose time grows linearly', async () => {
  expect(await growthProblem((text) => text.split(/\s/), { large: 64 * 1_024 })).toBeNull()
})
