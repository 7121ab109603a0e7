import type { Message } from '@parley/contract/entities'
import type { History, State } from './model.ts'

type Histories = State['histories']

const empty: History = { messages: [], loaded: false }

/** From now on events are kept, so that what arrives while the first page is on its way is not missed. */
export function openHistory(histories: Histories, conversationId: string): Histories {
  return histories[conversationId] ? histories : { ...histories, [conversationId]: empty }
}

/** Takes a page, newest first, as the server gives it. */
export function withPage(histories: Histories, conversationId: string, page: readonly Message[]): Histories {
  const known = histories[conversationId] ?? empty
  return {
    ...histories,
    [conversationId]: { messages: merge(known.messages, page.toReversed()), loaded: true }
  }
}

/** Takes one message; a history that nobody opened keeps nothing. */
export function withNewMessage(histories: Histories, message: Message): Histories {
  const known = histories[message.conversationId]
  if (!known) return histories
  const messages = merge(known.messages, [message])
  return messages === known.messages
    ? histories
    : { ...histories, [message.conversationId]: { ...known, messages } }
}

/** Whether the server has older messages than these. */
export function hasOlder(history: History): boolean {
  return history.loaded && (history.messages[0]?.position ?? 1) > 1
}

/** Both lists by position, as far down from the newest as no position is missing. Oldest first. */
function merge(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const first = more[0]
  if (!first) return known
  const last = known.at(-1)
  // What happens nearly always: the next message.
  if (more.length === 1 && last && first.position === last.position + 1) return [...known, first]
  const byPosition = new Map(known.map((message) => [message.position, message]))
  for (const message of more) byPosition.set(message.position, message)
  const sorted = [...byPosition.values()].sort((a, b) => a.position - b.position)
  let start = sorted.length - 1
  while (start > 0 && sorted[start - 1]!.position === sorted[start]!.position - 1) start--
  return sorted.slice(start)
}
