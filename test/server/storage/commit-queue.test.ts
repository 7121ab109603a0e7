import { expect, test, vi } from 'vitest'
import { CommitQueue } from '../../../server/storage/commit-queue.ts'

test('D6: an observer that fails keeps no outcome from whoever waits for it, and the queue goes on', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const queue = new CommitQueue<number, number>(
    async (items) => items.map((item) => item * 2),
    10,
    () => {
      throw new Error('a bug in a metric')
    }
  )
  expect(await Promise.all([queue.add(1), queue.add(2)])).toEqual([2, 4])
  expect(await queue.add(3)).toBe(6)
  expect(warn).toHaveBeenCalledTimes(2)
  warn.mockRestore()
})
