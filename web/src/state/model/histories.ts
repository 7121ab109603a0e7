import { pageSize } from '@parley/contract/limits'
import type { Message } from '@parley/contract/messages'
import type { ReactionChange } from '@parley/contract/events'
import { afterChange, newerOf, versionOf, withReaction } from './message-changes.ts'
import type { History, State } from './state.ts'

type Histories = State['histories']

const empty: History = { messages: [], ahead: [], loaded: false, whole: false }

/** From now on events are kept, so that what arrives while the first page is on its way is not missed. */
export function openHistory(histories: Histories, conversationId: string): Histories {
  return histories[conversationId] ? histories : { ...histories, [conversationId]: empty }
}

/** Takes a page, newest first, as the server gives it. */
export function withPage(histories: Histories, conversationId: string, page: readonly Message[]): Histories {
  const known = histories[conversationId] ?? empty
  const anchor = newestPosition(known.messages) || (page[0]?.position ?? 0)
  const joined = join(known, page, anchor)
  const oldest = joined.messages[0]?.id
  const whole =
    (known.whole && oldest === known.messages[0]?.id) ||
    (page.length < pageSize && (page.length === 0 || oldest === page.at(-1)?.id))
  return { ...histories, [conversationId]: { ...joined, loaded: true, whole } }
}

/** Adds one message; a history that was never opened keeps nothing. */
export function withNewMessage(histories: Histories, message: Message): Histories {
  return change(histories, message.conversationId, (known) => withMessage(known, message))
}

/** A message was edited or deleted; one that is not here stays so. */
export function withChangedMessage(histories: Histories, message: Message): Histories {
  return change(histories, message.conversationId, (known) =>
    replaced(known, message.id, (here) => afterChange(here, message))
  )
}

/** An emoji was put on a message, or taken away. */
export function withReactionChange(
  histories: Histories,
  { conversationId, messageId, ...reaction }: ReactionChange,
  there: boolean
): Histories {
  return change(histories, conversationId, (known) =>
    replaced(known, messageId, (here) => withReaction(here, reaction, there))
  )
}

/** What is to be shown of a history, oldest first. */
export function shownMessages({ messages, ahead }: History): readonly Message[] {
  return ahead.length === 0 ? messages : [...messages, ...ahead]
}

/** Whether the server has older messages than these that I may see. */
export function hasOlder(history: History): boolean {
  return history.loaded && !beginsHere(history)
}

/** Whether the oldest message here is the first that I may see. */
export function beginsHere({ messages, whole }: History): boolean {
  return whole || (messages[0]?.position ?? 1) === 1
}

function change(histories: Histories, conversationId: string, make: (known: History) => History): Histories {
  const known = histories[conversationId]
  const made = known && make(known)
  return !made || made === known ? histories : { ...histories, [conversationId]: made }
}

/** Replaces a message; returns the same history if nothing changes. */
function replaced(known: History, id: string, make: (here: Message) => Message): History {
  for (const part of ['messages', 'ahead'] as const) {
    const index = known[part].findLastIndex((message) => message.id === id)
    const here = known[part][index]
    const made = here && make(here)
    if (made && made !== here) return { ...known, [part]: known[part].with(index, made) }
  }
  return known
}

function withMessage(known: History, message: Message): History {
  const here = shownMessages(known).findLast(({ position }) => position <= message.position)
  if (here?.position === message.position && newerOf(here, message) === here) return known
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

/** Merges messages by position: the newer version wins, then the later one. */
function byPosition(messages: readonly Message[]): Message[] {
  const found = new Map<number, Message>()
  for (const message of messages) {
    const here = found.get(message.position)
    if (!here || versionOf(message) >= versionOf(here)) found.set(message.position, message)
  }
  return [...found.values()].sort((a, b) => a.position - b.position)
}

function newestPosition(messages: readonly Message[]): number {
  return messages.at(-1)?.position ?? 0
}
