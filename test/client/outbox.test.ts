import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '@parley/contract/messages'
import {
  isSend,
  memoryOutbox,
  newOutboxItem,
  OutboxSender,
  Refusal,
  retryItem,
  type OutboxItem,
  type SendItem
} from '@parley/client'
import { networkDown, signedOut } from './fake-server.ts'
import { manualClock, settle } from './manual-clock.ts'

/** A server that stores each id once and answers each attempt as the test says. */
function fakeServer(answers: (Error | 'lost' | null)[] = []) {
  const stored: SendItem[] = []
  const tries: string[] = []
  return {
    stored,
    tries,
    answers,
    async send(item: OutboxItem): Promise<Message> {
      if (!isSend(item)) throw new Error('Only messages are sent here')
      tries.push(item.content)
      const answer = answers.shift() ?? null
      if (answer instanceof Error) throw answer
      if (!stored.some(({ clientId }) => clientId === item.clientId)) stored.push(item)
      if (answer === 'lost') throw networkDown()
      return { id: String(stored.length), content: item.content, clientId: item.clientId } as Message
    }
  }
}

function outbox(server = fakeServer(), storage = memoryOutbox()) {
  const clock = manualClock()
  const sent: string[] = []
  let signedOutCalls = 0
  const sender = new OutboxSender({
    storage,
    send: (item) => server.send(item),
    onSent: (_item, message) => void sent.push(message!.content),
    onChanged: () => {},
    onSignedOut: () => void signedOutCalls++,
    clock,
    random: () => 1
  })
  const add = async (conversationId: string, content: string) => {
    const item = newOutboxItem(conversationId, content, clock.now())
    await storage.add(item)
    void sender.look()
    return item
  }
  return { clock, server, storage, sender, sent, add, signedOutCalls: () => signedOutCalls }
}

describe('the outbox', () => {
  it('sends in order, and drops acknowledged items', async () => {
    const { add, server, storage, sent } = outbox()
    await Promise.all([add('1', 'a'), add('1', 'b'), add('1', 'c')])
    await settle()
    expect(server.stored.map(({ content }) => content)).toEqual(['a', 'b', 'c'])
    expect(sent).toEqual(['a', 'b', 'c'])
    expect(await storage.list()).toEqual([])
  })

  it('E4: retries with the same id after a lost response, so the message is stored once', async () => {
    const { add, clock, server, sent } = outbox(fakeServer(['lost', 'lost', networkDown()]))
    const { clientId } = await add('1', 'hello')
    await clock.advance(60_000)
    expect(server.tries).toEqual(['hello', 'hello', 'hello', 'hello'])
    expect(server.stored.map((item) => item.clientId)).toEqual([clientId])
    expect(sent).toEqual(['hello'])
  })

  it('retries indefinitely, with growing delays up to a bound', async () => {
    const { add, clock, server } = outbox(fakeServer(Array.from({ length: 100 }, networkDown)))
    await add('1', 'patience')
    await clock.advance(100 * 30_000)
    expect(server.stored).toHaveLength(1)
    expect(server.tries).toHaveLength(101)
  })

  it('waits at least as long as the server asks', async () => {
    const busy = new Refusal(429, { code: 'too_many_streams' }, 10_000)
    const { add, clock, server } = outbox(fakeServer([busy]))
    await add('1', 'later')
    await clock.advance(10_400)
    expect(server.stored).toHaveLength(0)
    await clock.advance(100)
    expect(server.stored).toHaveLength(1)
  })

  it('does not let one conversation wait for another', async () => {
    const { add, server, sender } = outbox(fakeServer([networkDown()]))
    await add('1', 'stuck')
    await add('2', 'free')
    await settle()
    expect(server.stored.map(({ content }) => content)).toEqual(['free'])
    sender.close()
  })

  it('marks a refused item, continues with the rest, and can retry it under the same id', async () => {
    const tooLong = new Refusal(422, { code: 'validation_failed', detail: 'The message is too long.' })
    const { add, server, storage, sender } = outbox(fakeServer([tooLong]))
    const { clientId } = await add('1', 'bad')
    await add('1', 'good')
    await settle()
    expect(server.stored.map(({ content }) => content)).toEqual(['good'])
    const [failed] = await storage.list()
    expect(failed?.problem?.code).toBe('validation_failed')
    await retryItem(storage, clientId)
    await sender.look()
    await settle()
    expect(server.stored.at(-1)?.clientId).toBe(clientId)
    expect(await storage.list()).toEqual([])
  })

  it('never sends a discarded item', async () => {
    const { add, server, storage, sender } = outbox(
      fakeServer([new Refusal(404, { code: 'conversation_not_found' })])
    )
    const { clientId } = await add('1', 'unknown')
    await settle()
    await storage.update(clientId, () => null)
    await sender.look()
    await settle()
    expect(server.stored).toEqual([])
  })

  it('stops when the session is over, and keeps pending items', async () => {
    const { add, clock, storage, signedOutCalls } = outbox(fakeServer([signedOut()]))
    await add('1', 'kept')
    await clock.advance(60_000)
    expect(signedOutCalls()).toBe(1)
    expect(await storage.list()).toHaveLength(1)
  })

  it('retries at once when it is woken', async () => {
    const { add, server, sender } = outbox(fakeServer([networkDown()]))
    await add('1', 'soon')
    await settle()
    sender.wake()
    await settle()
    expect(server.stored).toHaveLength(1)
  })

  it('E4: stores every item once and in order, whatever is lost and whenever the page reloads', async () => {
    const answer = fc.constantFrom<'ok' | 'lost' | 'down' | 'reload'>('ok', 'lost', 'down', 'reload')
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (script, count) => {
          const server = fakeServer()
          const storage = memoryOutbox()
          for (let n = 0; n < count; n++) await storage.add(newOutboxItem(String(n % 2), `${n}`, 0))
          for (const step of script) {
            server.answers.splice(0)
            if (step === 'lost') server.answers.push('lost')
            if (step === 'down') server.answers.push(networkDown())
            const { clock, sender } = outbox(server, storage)
            await clock.advance(step === 'reload' ? 0 : 300)
            sender.close()
          }
          server.answers.splice(0)
          const { clock, sender } = outbox(server, storage)
          await clock.advance(60_000)
          sender.close()
          for (const lane of ['0', '1']) {
            const stored = server.stored.filter(({ conversationId }) => conversationId === lane)
            const wanted = Array.from({ length: count }, (_, n) => n).filter((n) => String(n % 2) === lane)
            expect(stored.map(({ content }) => Number(content))).toEqual(wanted)
          }
          expect(await storage.list()).toEqual([])
        }
      ),
      { numRuns: 60 }
    )
  })
})

it('counts an item as sent even if a listener throws', async () => {
  const storage = memoryOutbox()
  const reported: unknown[] = []
  const broken = new TypeError('a fault of the app')
  let tries = 0
  const sender = new OutboxSender({
    storage,
    send() {
      tries++
      return Promise.resolve(null)
    },
    onSent() {
      throw broken
    },
    onChanged() {
      throw broken
    },
    onSignedOut: () => {},
    onError: (error) => void reported.push(error),
    clock: manualClock()
  })
  await storage.add(newOutboxItem('1', 'once', 0))
  await sender.look()
  await settle()
  expect([await storage.list(), tries]).toEqual([[], 1])
  expect(reported).toEqual([broken, broken])
  sender.close()
})
