import { expect, test, vi } from 'vitest'
import { CommitQueue } from '../../../../server/platform/storage/commit-queue.ts'

test('D6: a failing observer keeps no outcome from its caller, and the queue continues', async () => {
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

test('a queue refuses work beyond its bytes, and accepts more once there is room', async () => {
  const commit = Promise.withResolvers<void>()
  const queue = new CommitQueue<string, number>(
    async (items) => {
      await commit.promise
      return items.map((item) => item.length)
    },
    2,
    undefined,
    { bytesOf: (item) => item.length, maxBytes: 10 }
  )
  const taken = ['four', 'four', '22'].map((item) => queue.add(item))
  await expect(queue.add('1')).rejects.toMatchObject({ code: 'storage_unavailable' })
  commit.resolve()
  expect(await Promise.all(taken)).toEqual([4, 4, 2])
  expect(await queue.add('0123456789')).toBe(10)
  await expect(queue.add('0123456789 ')).rejects.toMatchObject({ code: 'storage_unavailable' })
})
