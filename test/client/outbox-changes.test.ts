import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  memoryOutbox,
  newChange,
  newOutboxItem,
  OutboxSender,
  queueChange,
  Refusal,
  retryItem,
  type Change,
  type OutboxItem
} from '@parley/client'
import type { Quote } from '@parley/contract/messages'
import { manualClock, settle } from './manual-clock.ts'
import { messageServer, type RequestOutcome } from './message-server.ts'

const conversationId = '7'

function open(outcomes: RequestOutcome[] = [], storage = memoryOutbox(), server = messageServer(outcomes)) {
  const clock = manualClock()
  const start = () =>
    new OutboxSender({
      storage,
      send: (item) => server.send(item),
      onSent: () => {},
      onChanged: () => {},
      onSignedOut: () => {},
      clock,
      random: () => 1
    })
  return {
    clock,
    server,
    storage,
    start,
    send: async (content: string, extras: { replyTo?: Quote } = {}) => {
      const item = newOutboxItem(conversationId, content, 0, extras)
      await storage.add(item)
      return item.clientId
    },
    change: (id: string, change: Change) =>
      queueChange(storage, newChange({ conversationId, id }, change, 0)),
    /** Sends everything queued, for as long as it takes. */
    drain: async () => {
      const sender = start()
      await clock.advance(10 * 60_000)
      sender.close()
    }
  }
}

const kinds = (items: OutboxItem[]) => items.map(({ kind }) => kind)
const edit = (content: string, version = 1): Change => ({ kind: 'edit', content, version })
const thumb = (kind: 'react' | 'unreact'): Change => ({ kind, emoji: '👍' })

describe('an edit', () => {
  it('of an unposted message merges into its text', async () => {
    const { send, change, drain, server, storage } = open()
    const id = await send('tpyo')
    await change(id, edit('typo'))
    expect(kinds(await storage.list())).toEqual(['send'])
    await drain()
    expect(server.messages).toMatchObject([{ content: 'typo', version: 1 }])
  })
  it('of a message that the server may have waits for its acknowledgement', async () => {
    const { send, change, drain, start, server } = open(['lost'])
    const id = await send('tpyo')
    const first = start()
    await settle()
    first.close()
    await change(id, edit('typo'))
    await change(id, thumb('react'))
    await drain()
    expect(server.messages).toMatchObject([{ content: 'typo', version: 2 }])
    expect(server.seen()).toEqual(['typo 👍'])
  })
  it('replaces the previous edit, or continues from its version once that was posted', async () => {
    const { send, change, drain, start, server, storage } = open()
    await send('a')
    await drain()
    await change('1', edit('b'))
    await change('1', edit('c'))
    expect(await storage.list()).toMatchObject([{ content: 'c' }])
    server.outcomes.push('lost')
    const first = start()
    await settle()
    first.close()
    await change('1', edit('d'))
    await drain()
    expect(server.messages).toMatchObject([{ content: 'd', version: 3 }])
    expect(await storage.list()).toEqual([])
  })
  it('that conflicts with a newer version is refused, keeps its text, and replaces that version on a retry', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    server.messages[0]!.content = 'from the tablet'
    server.messages[0]!.version = 2
    await change('1', edit('mine'))
    await drain()
    const [failed] = await storage.list()
    expect(failed).toMatchObject({ content: 'mine', problem: { code: 'version_conflict' } })
    await retryItem(storage, failed!.clientId)
    await drain()
    expect(server.messages).toMatchObject([{ content: 'mine', version: 3 }])
  })
  it('that was refused is not reported once a later one is queued', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    server.outcomes.push(new Refusal(422, { code: 'validation_failed' }))
    await change('1', edit('b'))
    await drain()
    expect(await storage.list()).toMatchObject([{ problem: { code: 'validation_failed' } }])
    await change('1', edit('c'))
    await drain()
    expect(await storage.list()).toEqual([])
    expect(server.seen()).toEqual(['c'])
  })
  it('of a refused message sends it again', async () => {
    const { send, change, drain, server, storage } = open()
    const id = await send('x'.repeat(21))
    await drain()
    expect(await storage.list()).toMatchObject([{ problem: { code: 'validation_failed' } }])
    await change(id, edit('shorter'))
    await drain()
    expect(server.seen()).toEqual(['shorter'])
  })
  it('that waits for a message becomes its text when that is refused', async () => {
    const { send, change, drain, start, server, storage } = open(['down'])
    const id = await send('x'.repeat(21))
    const first = start()
    await settle()
    first.close()
    await change(id, edit('shorter'))
    expect(kinds(await storage.list())).toEqual(['send', 'edit'])
    await drain()
    expect(server.seen()).toEqual(['shorter'])
    expect(await storage.list()).toEqual([])
  })
})

it.each<[string, Change, string[]]>([
  ['an edit', edit('hello'), ['hello']],
  ['a reaction', thumb('react'), ['helo 👍']],
  ['a deletion', { kind: 'delete' }, ['deleted']]
])('%s queued while its message is acknowledged reaches that message', async (_name, change, seen) => {
  const { send, start, server, storage, clock } = open()
  const id = await send('helo')
  const before = (await storage.list()).map((item) => ({ ...item, tried: true }))
  const sender = start()
  await settle()
  expect(await storage.list()).toEqual([])
  // It found the message in the outbox, and is added after the message has left it.
  const late = { ...storage, list: async () => before }
  await queueChange(late, newChange({ conversationId, id }, change, 0))
  void sender.look()
  await clock.advance(60_000)
  sender.close()
  expect(server.seen()).toEqual(seen)
  expect(await storage.list()).toEqual([])
})

describe('a deletion', () => {
  it('of an unposted message drops it and its changes', async () => {
    const { send, change, drain, server, storage } = open()
    const id = await send('a')
    await change(id, thumb('react'))
    await change(id, { kind: 'delete' })
    expect(await storage.list()).toEqual([])
    await drain()
    expect(server.requests).toEqual([])
  })
  it('of a message that the server may have deletes it there', async () => {
    const { send, change, drain, start, server } = open(['lost'])
    const id = await send('a')
    const first = start()
    await settle()
    first.close()
    await change(id, { kind: 'delete' })
    await drain()
    expect(server.seen()).toEqual(['deleted'])
  })
  it('replaces all other changes of its message', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    await change('1', edit('b'))
    await change('1', thumb('react'))
    await change('1', { kind: 'delete' })
    expect(kinds(await storage.list())).toEqual(['delete'])
    await drain()
    expect(server.seen()).toEqual(['deleted'])
  })
})

describe('a reaction', () => {
  it('added and removed offline is never sent', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    server.requests.splice(0)
    await change('1', thumb('react'))
    await change('1', { kind: 'react', emoji: '❤️' })
    await change('1', thumb('unreact'))
    expect(await storage.list()).toMatchObject([{ emoji: '❤️' }])
    await drain()
    expect(server.requests).toEqual(['react'])
    expect(server.seen()).toEqual(['a ❤️'])
  })
  it('that the server may have is sent again, then undone', async () => {
    const { send, change, drain, start, server } = open()
    await send('a')
    await drain()
    server.requests.splice(0)
    server.outcomes.push('lost')
    await change('1', thumb('react'))
    const first = start()
    await settle()
    first.close()
    await change('1', thumb('unreact'))
    await drain()
    expect(server.requests).toEqual(['react', 'react', 'unreact'])
    expect(server.seen()).toEqual(['a'])
  })
  it('added, removed and added again during the first request ends up added', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    server.outcomes.push('down')
    await change('1', thumb('react'))
    const [first] = await storage.list()
    await storage.update(first!.clientId, (item) => ({ ...item, tried: true }))
    await change('1', thumb('unreact'))
    await change('1', thumb('react'))
    await drain()
    expect(server.seen()).toEqual(['a 👍'])
  })
  it('removed from a deleted message is dropped without a report', async () => {
    const { send, change, drain, server, storage } = open()
    await send('a')
    await drain()
    server.messages[0]!.deleted = true
    await change('1', thumb('unreact'))
    await drain()
    expect(await storage.list()).toEqual([])
    await change('1', thumb('react'))
    await drain()
    expect(await storage.list()).toMatchObject([{ problem: { code: 'message_deleted' } }])
  })
})

it('case 15: a reply to a message deleted in the meantime is sent without the quote', async () => {
  const { send, drain, server, storage } = open()
  await send('the code is 4711')
  await drain()
  server.messages[0]!.deleted = true
  await send('thanks', { replyTo: { id: '1', content: 'the code is 4711', sender: {} as Quote['sender'] } })
  await drain()
  expect(server.seen()).toEqual(['deleted', 'thanks'])
  expect(await storage.list()).toEqual([])
})

it('a 429 or 503 delays a send without failing, duplicating or reordering it', async () => {
  const { send, change, drain, server, storage } = open([
    new Refusal(429, { code: 'too_many_streams' }, 10_000),
    new Refusal(503, { code: 'draining' })
  ])
  const id = await send('a')
  await send('b')
  await change(id, edit('c'))
  await drain()
  expect(server.seen()).toEqual(['c', 'b'])
  expect(server.requests).toEqual(['send', 'send', 'send', 'send'])
  expect(await storage.list()).toEqual([])
})

it('a storage that fails for a moment blocks no conversation permanently', async () => {
  const storage = memoryOutbox()
  const update = storage.update.bind(storage)
  let failures = 2
  storage.update = (...args) =>
    failures-- > 0 ? Promise.reject(new Error('The disk is full')) : update(...args)
  const { send, drain, server } = open([], storage)
  await send('a')
  await drain()
  expect(server.seen()).toEqual(['a'])
})

it('E4: whatever is lost and whenever the page reloads, the server ends up with each action once', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ do: 'send' as const }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('edit', 'react', 'unreact', 'delete', 'react', 'edit'),
        at: fc.nat(5)
      })
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('run' as const),
        outcomes: fc.array(
          fc.constantFrom<RequestOutcome>('ok', 'lost', 'down', 'held before', 'held after'),
          {
            maxLength: 3
          }
        )
      })
    }
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { send, change, drain, start, server, storage, clock } = open()
      const done: { id: string; content: string; deleted: boolean; emoji: boolean }[] = []
      let n = 0
      let running: OutboxSender | null = null
      for (const step of steps) {
        if (step.do === 'send') {
          const content = `m${n++}`
          done.push({ id: await send(content), content, deleted: false, emoji: false })
        } else if (step.do === 'run' && 'outcomes' in step) {
          server.outcomes.splice(0, Infinity, ...step.outcomes)
          // Held requests continue when the page is left; until then, actions happen during the request.
          server.release()
          await settle()
          running?.close()
          await settle()
          running = start()
          await clock.advance(300)
        } else if ('at' in step) {
          const message = done[step.at % Math.max(1, done.length)]
          if (!message || message.deleted) continue
          const sent = server.messages.find(({ clientId }) => clientId === message.id)
          const waiting = (await storage.list()).some(({ clientId }) => clientId === message.id)
          // Its visible id, after its send was acknowledged.
          const id = waiting || !sent ? message.id : sent.id
          const kind = step.do
          if (kind === 'edit') {
            message.content = `e${n++}`
            await change(id, edit(message.content, sent?.version ?? 1))
          } else if (kind === 'delete') {
            message.deleted = true
            await change(id, { kind })
          } else if (kind === 'react' || kind === 'unreact') {
            if (message.emoji === (kind === 'react')) continue
            message.emoji = kind === 'react'
            await change(id, thumb(kind))
          }
        }
      }
      server.outcomes.splice(0)
      server.release()
      await settle()
      running?.close()
      await drain()
      expect(await storage.list()).toEqual([])
      // A message deleted before it was posted does not exist.
      const stored = new Set(server.messages.map(({ clientId }) => clientId))
      expect(stored.size).toBe(server.messages.length)
      expect(done.filter(({ id, deleted }) => !stored.has(id) && !deleted)).toEqual([])
      expect(server.seen()).toEqual(
        done
          .filter(({ id }) => stored.has(id))
          .map(({ content, deleted, emoji }) => (deleted ? 'deleted' : emoji ? `${content} 👍` : content))
      )
    }),
    { numRuns: 300 }
  )
})
