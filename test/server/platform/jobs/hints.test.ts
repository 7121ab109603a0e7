import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeQueues, queuesOf } from '../../../../server/platform/realtime/bus-messages.ts'
import { createHints } from '../../../../server/platform/jobs/hints.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('J7: the first hint is published at once, and a burst after it together', () => {
  const published: string[][] = []
  const hints = createHints((queues) => published.push(queues))
  hints.add(['push'])
  expect(published).toEqual([['push']])
  for (let nth = 0; nth < 1_000; nth++) hints.add(nth % 2 ? ['push'] : ['previews'])
  expect(published).toHaveLength(1)
  vi.advanceTimersByTime(100)
  expect(published.slice(1)).toEqual([['previews', 'push']])
  vi.advanceTimersByTime(1_000)
  expect(published).toHaveLength(2)

  hints.add(['push'])
  hints.add(['previews'])
  hints.close()
  expect(published.slice(2)).toEqual([['push'], ['previews']])
  expect(vi.getTimerCount()).toBe(0)
})

test.each([
  [encodeQueues(['push', 'previews']), ['push', 'previews']],
  ['{"queues":["push",1,null]}', ['push']],
  ['{"queues":"push"}', []],
  ['{"userId":1,"sessionId":2,"expiresAt":3}', []],
  ['null', []],
  ['', []]
])('a hint of %j names the queues %j', (text, queues) => {
  expect(queuesOf(text)).toEqual(queues)
})
