import { expect, test } from 'vitest'
import { runEach, tidyUp } from '../../../server/event-log/upkeep.ts'
import type { Store } from '../../../server/store.ts'

test.each([['deleteExpiredSessions'], ['deleteUsedSignIns']])(
  'pruning continues when %s fails, and the failure is reported',
  async (failing) => {
    const left = [2_000, 500, 0]
    const ran: string[] = []
    const write = async (name: string) => {
      ran.push(name)
      if (name === failing) throw new Error(`${name} failed`)
      return name === 'pruneEvents' ? left.shift() : null
    }
    const store = { write } as unknown as Store
    await expect(tidyUp(store, { keepCount: 1, keepMs: 1 })).rejects.toThrow(`${failing} failed`)
    expect(ran.filter((name) => name === 'pruneEvents')).toHaveLength(3)
    expect(left).toEqual([])
  }
)

test('every step runs even if earlier ones fail, and the first error is thrown', async () => {
  const ran: number[] = []
  const steps = [1, 2, 3].map((nth) => async () => {
    ran.push(nth)
    if (nth < 3) throw new Error(`step ${nth}`)
  })
  await expect(runEach(...steps)).rejects.toThrow('step 1')
  expect(ran).toEqual([1, 2, 3])
})
