import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryOutbox, newChange, newOutboxItem, queueChange, type OutboxItem } from '@parley/client'
import { problems } from '@parley/contract/problems'
import type { Message } from '@parley/contract/messages'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { outgoingOf } from '../../web/src/state/model/outgoing.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { rowsOf } from '../../web/src/state/model/rows.ts'
import { jane, john, modelServer, type ModelServer } from './model-server.ts'

const after = (state: State, ...actions: Action[]) => actions.reduce(reduce, state)
const startOf = (server: ModelServer) =>
  after(initialState(john), { type: 'snapshot_taken', snapshot: server.snapshot(['7']) })

const place = { me: john, conversationId: '7', unreadFrom: null }

type Shown = ReturnType<typeof shownOf>
function shownOf({ position, content, deletedAt, reactions = [] }: Message) {
  return { position, content, deleted: deletedAt !== undefined, reactions }
}

/** Opens a leading tab, its outbox and a server; the test drives each of them. */
function scene() {
  const server = modelServer()
  for (const from of [john, jane, john]) server.send('7', from)
  const storage = memoryOutbox()
  let state = startOf(server)
  let answer: { item: OutboxItem; message: Message | null; refused: boolean } | null = null
  const dispatch = (action: Action) => void (state = after(state, action))
  const list = async () => dispatch({ type: 'outbox_listed', items: await storage.list() })
  const messages = () => server.page('7').toReversed()

  return {
    server,
    storage,
    list,
    get state() {
      return state
    },
    rows: () => rowsOf(state.histories['7']!, state, place).map(({ message }) => shownOf(message!)),
    /** Returns what a page loaded now would show. */
    fresh: () => messages().map(shownOf),
    async change(position: number, kind: 'edit' | 'delete' | 'react' | 'unreact', content: string) {
      const row = rowsOf(state.histories['7']!, state, place)[position - 1]
      const message = row?.message
      if (!message || message.deletedAt || (kind === 'edit' && !message.mine)) return false
      const isThere =
        message.reactions?.some(({ emoji, userIds }) => emoji === '👍' && userIds.includes(john.id)) ?? false
      if ((kind === 'react' && isThere) || (kind === 'unreact' && !isThere)) return false
      const change =
        kind === 'edit'
          ? { kind, content, version: message.version ?? 1 }
          : kind === 'delete'
            ? { kind }
            : { kind, emoji: '👍' }
      await queueChange(storage, newChange(message, change, 0))
      await list()
      return true
    },
    /** The server accepts or refuses the first item; its response is pending. */
    async post() {
      const item = (await storage.list()).find(({ problem }) => problem === null)
      if (answer || !item || item.kind === 'send') return
      await storage.update(item.clientId, (item) => ({ ...item, tried: true }))
      const { position, version = 1, deletedAt } = messages().find(({ id }) => id === item.messageId)!
      let message: Message | null = null
      let refused = false
      if (item.kind === 'delete') server.remove('7', position)
      else if (deletedAt !== undefined) refused = true
      else if (item.kind === 'edit') {
        if (version === item.version) message = server.edit('7', position, item.content)
        else refused = true
      } else server.react('7', position, john, item.emoji, item.kind === 'react')
      answer = { item, message: structuredClone(message), refused }
    },
    /** Delivers the response. */
    async answer() {
      if (!answer) return
      const { item, message, refused } = answer
      answer = null
      if (!refused) {
        dispatch({ type: 'item_acknowledged', item, message })
        if (item.kind === 'edit' && message)
          for (const { clientId } of await storage.list())
            await storage.update(clientId, (other) =>
              other.kind === 'edit' && other.messageId === item.messageId
                ? { ...other, version: message.version! }
                : other
            )
      }
      const problem = { ...problems.message_deleted, type: '', detail: '', code: 'message_deleted' as const }
      await storage.update(item.clientId, (item) => (refused ? { ...item, problem } : null))
      await list()
    },
    hear() {
      const seq = state.cursor!.seq + 1
      const event = server.log[seq - 1]
      if (event)
        dispatch({ type: 'event_arrived', event: structuredClone(event), cursor: server.cursorAt(seq) })
    },
    take: (item: OutboxItem) => dispatch({ type: 'item_acknowledged', item, message: null }),
    snapshot: () => dispatch({ type: 'snapshot_taken', snapshot: server.snapshot(['7']) }),
    async settle() {
      for (let n = 0; n < 100; n++) {
        await this.post()
        await this.answer()
        this.hear()
      }
      for (const { clientId } of await storage.list()) await storage.update(clientId, () => null)
      await list()
    }
  }
}

const position = fc.integer({ min: 1, max: 3 })
const mine = fc.record({
  do: fc.constantFrom(
    'edit' as const,
    'delete' as const,
    'react' as const,
    'unreact' as const,
    'react' as const
  ),
  position
})
const moves = fc.constantFrom('post' as const, 'answer' as const, 'hear' as const)

describe('a local change', () => {
  it('shows at once and stays, however late its request, response and event are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(mine, { weight: 3, arbitrary: moves }), { maxLength: 40 }),
        async (steps) => {
          const tab = scene()
          let wanted = tab.rows()
          let n = 0
          for (const step of steps) {
            if (step === 'post') await tab.post()
            else if (step === 'answer') await tab.answer()
            else if (step === 'hear') tab.hear()
            else {
              const content = `text ${n++}`
              if (await tab.change(step.position, step.do, content))
                wanted = wanted.map((row) =>
                  row.position === step.position ? changed(row, step.do, content) : row
                )
            }
            expect(tab.rows()).toEqual(wanted)
          }
          await tab.settle()
          expect(tab.rows()).toEqual(wanted)
          expect(tab.fresh()).toEqual(wanted)
        }
      ),
      {
        numRuns: 300,
        examples: [
          // The answer to an undone reaction arrives before the event of the reaction.
          [
            [
              { do: 'react', position: 2 },
              'post',
              { do: 'unreact', position: 2 },
              'answer',
              'post',
              'answer',
              'hear'
            ]
          ]
        ]
      }
    )
  })

  it('C5: ends in the fetched state, whatever other users and devices do in the meantime', async () => {
    const others = fc.record({
      other: fc.constantFrom('edit', 'remove', 'react', 'unreact', 'john reacts', 'john unreacts'),
      position
    })
    const steps = fc.oneof(mine, others, { weight: 3, arbitrary: moves }, fc.constant('snapshot' as const))
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (steps) => {
        const tab = scene()
        let n = 0
        for (const step of steps) {
          if (step === 'post') await tab.post()
          else if (step === 'answer') await tab.answer()
          else if (step === 'hear') tab.hear()
          else if (step === 'snapshot') tab.snapshot()
          else if ('do' in step) await tab.change(step.position, step.do, `text ${n++}`)
          else if (step.other === 'edit') tab.server.edit('7', step.position, `other ${n++}`)
          else if (step.other === 'remove') tab.server.remove('7', step.position)
          else {
            const by = step.other.startsWith('john') ? john : jane
            tab.server.react(
              '7',
              step.position,
              by,
              '👍',
              /react$|reacts$/.test(step.other) && !step.other.includes('un')
            )
          }
        }
        await tab.settle()
        expect(tab.state.acknowledged).toEqual([])
        expect(tab.state.confirmed).toEqual(new Set())
        expect(tab.rows()).toEqual(tab.fresh())
      }),
      { numRuns: 500 }
    )
  })

  it('is rolled back if the server refuses it', async () => {
    const tab = scene()
    await tab.change(1, 'edit', 'another text')
    tab.server.edit('7', 1, 'from the tablet')
    await tab.post()
    await tab.answer()
    expect(tab.rows()[0]!.content).toBe('hello')
    tab.hear()
    expect(tab.rows()[0]!.content).toBe('from the tablet')
    expect(outgoingOf(tab.state.outbox).get('7')).toEqual({ failed: true, last: null })
  })

  it('joins a reaction in another encoding until its event arrives', async () => {
    const tab = scene()
    tab.server.react('7', 1, jane, '❤', true)
    tab.hear()
    const [message] = tab.server.page('7').toReversed()
    const item = newChange(message!, { kind: 'react', emoji: '❤\ufe0f' })
    await tab.storage.add(item)
    await tab.list()
    const joined = [{ emoji: '❤', userIds: [jane.id, john.id] }]
    expect(tab.rows()[0]!.reactions).toEqual(joined)
    // As on the server, the existing encoding stays.
    tab.server.react('7', 1, john, '❤', true)
    tab.take(item)
    expect(tab.rows()[0]!.reactions).toEqual(joined)
    tab.hear()
    expect(tab.state.acknowledged).toEqual([])
    expect(tab.rows()).toEqual(tab.fresh())
  })

  it('is marked as pending if it is an edit or deletion, not a reaction', async () => {
    const tab = scene()
    await tab.change(1, 'edit', 'another text')
    await tab.change(2, 'react', '')
    await tab.change(3, 'delete', '')
    const rows = rowsOf(tab.state.histories['7']!, tab.state, place)
    expect(rows.map(({ changing }) => changing)).toEqual([true, false, true])
  })

  it('to a pending message shows on it', () => {
    const { state } = scene()
    const send = newOutboxItem('7', 'tpyo', 0, { replyTo: { id: '1', content: 'hello', sender: john } })
    const edit = newChange(
      { conversationId: '7', id: send.clientId },
      { kind: 'edit', content: 'typo', version: 1 }
    )
    const remove = newChange({ conversationId: '7', id: send.clientId }, { kind: 'delete' })
    const shown = (...outbox: OutboxItem[]) =>
      rowsOf(state.histories['7']!, { outbox, acknowledged: [] }, place)
    expect(shown(send, edit).at(-1)).toMatchObject({ content: 'typo', changing: true, replyTo: { id: '1' } })
    expect(shown(send, remove)).toHaveLength(3)
    expect(outgoingOf([send, edit]).get('7')).toEqual({ failed: false, last: { ...send, content: 'typo' } })
    expect(outgoingOf([send, remove]).get('7')).toEqual({ failed: false, last: null })
  })
})

/** Returns a row after a change by john, without other changes. */
function changed(row: Shown, kind: string, content: string): Shown {
  if (kind === 'edit') return { ...row, content }
  if (kind === 'delete') return { ...row, content: '', deleted: true, reactions: [] }
  return { ...row, reactions: kind === 'react' ? [{ emoji: '👍', userIds: [john.id] }] : [] }
}
