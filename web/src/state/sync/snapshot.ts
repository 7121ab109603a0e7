import type { Client } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import { personalPageMaxBytes, personalPageSize, personalValueMaxBytes } from '@parley/contract/limits'
import type { PersonalValue } from '@parley/contract/personal-state'
import { Problem } from '@parley/contract/problems'
import type { Snapshot } from '../model/state.ts'
import { untilAnswered } from '../../lib/retries.ts'

/** What is true of `cursor` at least. */
export type Opened = { conversation: Conversation; messages: Message[]; cursor: Cursor | null }

/** The state of a fresh start. Its cursor is that of the first request: the stream delivers everything after it. */
export async function fetchSnapshot(
  client: Client,
  opened: ReadonlySet<string>,
  signal: AbortSignal
): Promise<Snapshot> {
  const { data, cursor } = await untilAnswered(() => client.conversations({ signal }), signal)
  if (!cursor) throw new Error('The server gave no cursor with its state')
  // One that is mine no more is not on the screen for long.
  const pagesOfOpened = Array.from(opened, (id) =>
    fetchOpened(client, id, signal).catch(() => {
      signal.throwIfAborted()
      return null
    })
  )
  // After the first request: they are true of its cursor at least.
  const [personal, ...pages] = await Promise.all([fetchPersonal(client, signal), ...pagesOfOpened])
  return { cursor, conversations: data, personal, opened: pages.filter((page) => page !== null) }
}

/** Fetches everything that a person keeps for themselves; null from a server of the version before, which has none. */
export async function fetchPersonal(client: Client, signal: AbortSignal): Promise<PersonalValue[] | null> {
  const values: PersonalValue[] = []
  try {
    for (;;) {
      const after = values.at(-1)
      const { data } = await untilAnswered(() => client.personalState({ after, signal }), signal)
      values.push(...data)
      if (isLast(data)) return values
    }
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return null
    throw error
  }
}

/** Whether another value, of whatever size, would have been on the page. A character takes three bytes at most. */
function isLast(page: readonly PersonalValue[]): boolean {
  if (page.length === 0) return true
  const bytes = 3 * JSON.stringify(page).length
  return page.length < personalPageSize && bytes + 2 * personalValueMaxBytes < personalPageMaxBytes
}

/** A conversation with its newest messages, without marking them read. */
export async function fetchOpened(client: Client, id: string, signal: AbortSignal): Promise<Opened> {
  const [conversation, messages] = await Promise.all([
    untilAnswered(() => client.conversation(id, { signal }), signal),
    untilAnswered(() => client.messages(id, { peek: true, signal }), signal)
  ])
  const cursor = earlierOf(conversation.cursor, messages.cursor)
  return { conversation: conversation.data, messages: messages.data, cursor }
}

function earlierOf(a: Cursor | null, b: Cursor | null): Cursor | null {
  return a && b && b.seq < a.seq ? b : a
}
