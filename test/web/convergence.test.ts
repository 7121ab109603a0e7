import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newChange, newOutboxItem } from '@parley/client'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { listedEntries, unreadCount } from '../../web/src/state/model/entries.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { personalValue } from '../../web/src/state/model/personal.ts'
import { canCatchUp } from '../../web/src/state/model/recent.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { jane, jill, joe, john, modelServer, type ModelServer } from './model-server.ts'

/** A step on the server; a request returns its response. */
type Step = (server: ModelServer) => Message | null | void

const anyOf = <Value>(...values: Value[]) => fc.constantFrom(...values)
const where = anyOf('7', '9', '9', '9')
const who = anyOf<User>(john, jane, jane, joe)
const position = fc.integer({ min: 1, max: 12 })
const text = anyOf('hello', 'hello @john', '@john and @joe', 'bye')
const emoji = anyOf('👍', '❤️')

/** Names a step, so that a failing run is readable. */
const named = (name: string, step: Step): Step => Object.assign(step, { [fc.toStringMethod]: () => name })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(where, who, text)
      .map(([at, by, content]) =>
        named(`${by.username} sends ${content} to ${at}`, (server) => server.send(at, by, content))
      )
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(where, position, text)
      .map(([at, position, content]) =>
        named(`${position} of ${at} becomes ${content}`, (server) => server.edit(at, position, content))
      )
  },
  fc
    .tuple(where, position)
    .map(([at, position]) =>
      named(`${position} of ${at} is deleted`, (server) => server.remove(at, position))
    ),
  {
    weight: 3,
    arbitrary: fc
      .tuple(where, position, who, emoji, fc.boolean())
      .map(([at, position, by, emoji, there]) =>
        named(`${by.username} ${there ? 'puts' : 'takes'} ${emoji} at ${position} of ${at}`, (server) =>
          server.react(at, position, by, emoji, there)
        )
      )
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(where, who)
      .map(([at, by]) => named(`${by.username} reads ${at}`, (server) => server.read(at, by)))
  },
  fc
    .tuple(anyOf(john, joe, jill), anyOf('all' as const, 'joined' as const))
    .map(([user, history]) =>
      named(`${user.username} comes, sees ${history}`, (server) => server.add(user, history))
    ),
  anyOf(john, joe, jill).map((user) =>
    named(`${user.username} is removed`, (server) => server.takeOut(user))
  ),
  anyOf(john, joe).map((user) => named(`${user.username} leaves`, (server) => server.takeOut(user, user))),
  fc
    .tuple(where, anyOf('hello', 'bye', null))
    .map(([at, text]) => named(`the draft in ${at} becomes ${text}`, (server) => server.draft(at, text))),
  anyOf('friends', 'garden').map((title) => named(`is called ${title}`, (server) => server.rename(title))),
  fc
    .tuple(anyOf(john, joe), anyOf('admin' as const, 'member' as const))
    .map(([user, role]) => named(`${user.username} is ${role}`, (server) => server.changeRole(user, role)))
)

const after = (state: State, ...actions: Action[]) => actions.reduce(reduce, state)
const opened = ['7', '9']

function startServer(): ModelServer {
  const server = modelServer()
  for (const id of opened) server.conversation(id)
  return server
}

/** Returns the responses to the app's requests for a conversation on the screen, as of now. */
function answersOf(server: ModelServer): Action[] {
  const cursor = server.head()
  return opened.filter(server.isMine).flatMap((conversationId): Action[] => [
    { type: 'conversation_taken', conversation: server.conversation(conversationId), cursor },
    { type: 'history_page_taken', conversationId, messages: server.page(conversationId), cursor },
    {
      type: 'participants_taken',
      conversationId,
      participants: server.participants(conversationId),
      after: null,
      cursor
    }
  ])
}

function startOf(server: ModelServer): State {
  const snapshot = server.snapshot(opened)
  return after(
    initialState(john),
    { type: 'snapshot_taken', snapshot },
    ...answersOf(server).filter(({ type }) => type === 'participants_taken')
  )
}

/** Returns the visible state, whatever its source. */
function seen(state: State) {
  const there = (id: string) => state.entries[id] !== undefined
  return {
    cursor: state.cursor,
    drafts: opened.map((id) => personalValue(state, 'draft', id).value),
    list: listedEntries(state.entries, state.listedDownTo).map((entry) => ({
      ...entry,
      // Reactions are not visible in the list.
      lastMessage: { ...entry.lastMessage, reactions: [] },
      unread: unreadCount(entry)
    })),
    histories: opened.filter(there).map((id) => state.histories[id]?.messages.slice(-25)),
    participants: opened.filter(there).map((id) => state.participants[id]?.list)
  }
}

/** Does what the messenger does: an outdated response is requested again. */
function answered(state: State, action: Action, server: ModelServer): State {
  if (!('cursor' in action) || canCatchUp(state, action.cursor)) return after(state, action)
  return after(state, ...answersOf(server).filter(({ type }) => type === action.type))
}

function hear(server: ModelServer, state: State, seq: number, again: boolean): State {
  if (seq < 1 || seq > server.log.length) return state
  const event = again ? server.readAgain(seq) : structuredClone(server.log[seq - 1]!)
  return after(state, { type: 'event_arrived', event, cursor: server.cursorAt(seq) })
}

/** Fetches a conversation that came back like a new one. */
function reopened(server: ModelServer, state: State): State {
  const isClosed = (id: string) => state.entries[id] && (!state.histories[id] || !state.participants[id])
  const answers = answersOf(server).filter(
    (action) => 'conversationId' in action && isClosed(action.conversationId)
  )
  return after(state, ...answers)
}

describe('state and events', () => {
  it.each([
    ['live', false],
    ['read from the log later', true]
  ])('C5: equal the fetched state, with events %s', (_name, again) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 60 }), (first, then) => {
        const server = startServer()
        for (const each of first) each(server)
        let state = startOf(server)
        const { seq: from } = server.head()
        for (const each of then) each(server)
        for (let seq = from + 1; seq <= server.log.length; seq++) state = hear(server, state, seq, again)
        expect(seen(reopened(server, state))).toEqual(seen(startOf(server)))
      }),
      { numRuns: 300 }
    )
  })

  it('C5: equal the fetched state with repeated events and late responses', () => {
    const happens = fc.oneof(
      { weight: 5, arbitrary: step },
      { weight: 4, arbitrary: anyOf('hear' as const) },
      { weight: 2, arbitrary: anyOf('ask' as const, 'answer' as const) },
      fc.record({ twice: fc.nat(8) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(happens, { maxLength: 80 }), (first, then) => {
        const server = startServer()
        for (const each of first) each(server)
        let state = startOf(server)
        const waiting: Action[] = []
        const hearNext = () => {
          state = hear(server, state, state.cursor!.seq + 1, false)
        }
        const answerNext = () => {
          const action = waiting.shift()
          if (action) state = answered(state, action, server)
        }
        for (const each of then) {
          if (each === 'hear') hearNext()
          else if (each === 'answer') answerNext()
          else if (each === 'ask') waiting.push(...structuredClone(answersOf(server)))
          else if (typeof each === 'object')
            state = hear(server, state, state.cursor!.seq - each.twice, false)
          else {
            const message = each(server)
            if (!message?.mine) continue
            const { conversationId, id, content, version } = message
            const edit = { kind: 'edit' as const, content, version: version ?? 1 }
            const item =
              version === undefined
                ? newOutboxItem(conversationId, content)
                : newChange({ conversationId, id }, edit)
            waiting.push({ type: 'item_acknowledged', item, message: structuredClone(message) })
          }
        }
        while (waiting.length > 0) answerNext()
        while (state.cursor!.seq < server.log.length) hearNext()
        expect(seen(reopened(server, state))).toEqual(seen(startOf(server)))
      }),
      { numRuns: 500 }
    )
  })
})
