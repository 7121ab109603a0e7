import type { Message } from '@parley/contract/entities'
import type { History, State } from './model.ts'

type Histories = State['histories']

const empty: History = { messages: [], ahead: [], loaded: false }

/** From now on events are kept, so that what arrives while the first page is on its way is not missed. */
export function openHistory(histories: Histories, conversationId: string): Histories {
  return histories[conversationId] ? histories : { ...histories, [conversationId]: empty }
}

/** Takes a page, newest first, as the server gives it. */
export function withPage(histories: Histories, conversationId: string, page: readonly Message[]): Histories {
  const known = histories[conversationId] ?? empty
  const anchor = newestPosition(known.messages) || (page[0]?.position ?? 0)
  return { ...histories, [conversationId]: { ...join(known, page, anchor), loaded: true } }
}

/** Takes one message; a history that nobody opened keeps nothing. */
export function withNewMessage(histories: Histories, message: Message): Histories {
  const known = histories[message.conversationId]
  if (!known) return histories
  const history = withMessage(known, message)
  return history === known ? histories : { ...histories, [message.conversationId]: history }
}

/** What is to be shown of a history, oldest first. */
export function shownMessages({ messages, ahead }: History): readonly Message[] {
  return ahead.length === 0 ? messages : [...messages, ...ahead]
}

/** Whether the server has older messages than these. */
export function hasOlder(history: History): boolean {
  return history.loaded && (history.messages[0]?.position ?? 1) > 1
}

function withMessage(known: History, message: Message): History {
  const newest = newestPosition(known.messages)
  if (!known.loaded) return { ...known, ahead: byPosition([...known.ahead, message]) }
  // What happens nearly always: the next message.
  if (message.position === newest + 1 && known.ahead.length === 0)
    return { ...known, messages: [...known.messages, message] }
  return { ...known, ...join(known, [message], newest) }
}

/** Everything that is known, as far down and up from `anchor` as no position is missing, and what is beyond that. */
function join({ messages, ahead }: History, more: readonly Message[], anchor: number) {
  const all = byPosition([...messages, ...ahead, ...more])
  const positions = new Set(all.map(({ position }) => position))
  let [first, last] = [anchor, anchor]
  while (positions.has(first - 1)) first--
  while (positions.has(last + 1)) last++
  return {
    messages: all.filter(({ position }) => first <= position && position <= last),
    ahead: all.filter(({ position }) => position > last)
  }
}

/** In the order of their positions; of two at one position the later. */
function byPosition(messages: readonly Message[]): Message[] {
  const found = new Map(messages.map((message) => [message.position, message]))
  return [...found.values()].sort((a, b) => a.position - b.position)
}

function newestPosition(messages: readonly Message[]): number {
  return messages.at(-1)?.position ?? 0
}
