import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openSqliteStore } from '../../../server/sqlite-store.ts'
import { messageIn } from '../../fixtures/decoded.ts'
import { sendOf, startPair } from '../../fixtures/people.ts'

test('O1, S1: a failed batch is rolled back and leaves no gap in positions and logs', async () => {
  const place = await mkdtemp(join(tmpdir(), 'parley-batch-'))
  const path = join(place, 'parley.db')
  const store = await openSqliteStore(path)
  const { john, conversationId } = await startPair(store)
  const damaged = await startPair(store)
  const send = (content: string) => store.send(sendOf(john.userId, conversationId, content))
  expect(messageIn(await send('first')).position).toBe(1)

  const beside = new DatabaseSync(path)
  const rename = beside.prepare('UPDATE inbox_heads SET user_id = ? WHERE user_id = ?')
  const { userId } = damaged.jane
  // A user without a log.
  rename.run(-userId, userId)
  const both = [send('second'), store.send(sendOf(damaged.john.userId, damaged.conversationId, 'broken'))]
  for (const each of both) await expect(each).rejects.toThrow(/undefined/)

  rename.run(userId, -userId)
  beside.close()
  expect(messageIn(await send('second, again')).position).toBe(2)
  expect(await store.read('listFindings', {})).toEqual([])
  await store.close()
  await rm(place, { recursive: true })
})
