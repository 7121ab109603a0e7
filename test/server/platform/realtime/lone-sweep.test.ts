import { afterEach, expect, test, vi } from 'vitest'
import { changeBeside } from '../../../harness/engine.ts'
import { startInProcess } from '../../../harness/in-process.ts'
import { openStream } from '../../../harness/stream.ts'

afterEach(() => vi.useRealTimers())

test('D6: the sweep delivers an event whose wake was lost after its commit, on a lone server as well', async () => {
  // The sweep's own timer, set at the start.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const parley = await startInProcess()
  const john = await parley.signIn('john')
  const stream = await openStream(await parley.listen(), john.token)
  await stream.until(({ name }) => name === 'sync')
  await changeBeside(
    parley.database,
    `UPDATE inbox_heads SET head = head + 1 WHERE user_id = ${john.id};
     INSERT INTO inbox_events (user_id, seq, kind, payload, created_at)
       SELECT user_id, head, 'read', '{"lost":true}', 0 FROM inbox_heads WHERE user_id = ${john.id}`
  )
  vi.advanceTimersByTime(30_000)
  expect((await stream.next()).data).toEqual({ lost: true })
  stream.cut()
  vi.useRealTimers()
  await parley.close()
})
