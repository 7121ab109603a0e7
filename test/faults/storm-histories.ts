import type { Message, MessageVersion } from '@parley/contract/messages'
import type { Api } from '../harness/api.ts'
import { pause, type StormRecord } from './storm-record.ts'
import type { FetchedState } from './storm-settlement.ts'

/**
 * Fetches a conversation's newest messages, newest first, without marking them read. Each must be the latest
 * version that was observed.
 */
export async function fetchMessages(
  record: StormRecord,
  api: Api,
  id: string,
  most: number
): Promise<Message[]> {
  const path = `/api/conversations/${id}/messages`
  const fetchPage = async (query: string): Promise<Message[]> => {
    const { status, headers, body } = await api.get<Message[]>(path + query)
    if (status === 200) return body
    // All conversations are read at once; the judge respects rate limits like any client.
    if (status === 429) {
      await pause(Number(headers.get('retry-after')) * 1_000)
      return fetchPage(query)
    }
    record.violate(`${api.user.username} was answered ${status} to ${path}${query}: ${JSON.stringify(body)}`)
    return []
  }
  const found = await fetchPage('?peek=1')
  for (let last = found.at(-1); last && found.length < most;) {
    const page = await fetchPage(`?before=${last.id}`)
    found.push(...page)
    last = page.at(-1)
  }
  for (const [i, message] of found.entries()) {
    const fact = record.facts.see(message, `${api.user.username}'s last page`)
    const { version, position } = fact
    fact.isSettled = true
    if (version !== (message.version ?? 1)) {
      record.violate(`message ${message.id} went back to version ${message.version} from ${version}`)
    }
    const expected = found[0]!.position - i
    if (position !== expected)
      record.violate(`message ${message.id} is at ${position} instead of ${expected}`)
  }
  return found
}

/** Messages per conversation whose earlier versions are fetched. */
const versionsMax = 10

/** Fetches every conversation from its beginning and compares it with the acknowledged sends. */
export async function fetchHistories(
  record: StormRecord,
  people: readonly Api[],
  states: readonly FetchedState[]
): Promise<void> {
  const { facts } = record
  const last = new Map<string, Message>()
  const ids = new Set(states.flatMap(({ conversations }) => conversations.map(({ id }) => id)))
  for (const id of ids) {
    const viewers = people.filter((_, i) => states[i]!.messages.has(id))
    let isWhole = false
    for (const api of viewers) {
      if (isWhole) break
      const messages = await fetchMessages(record, api, id, Infinity)
      // Members who joined later may not see earlier messages.
      isWhole = messages.at(-1)?.position === 1
      for (const message of messages) last.set(message.id, message)
      const newest = facts.orderOf(id).length - 1
      if (messages[0]?.position !== newest) {
        record.violate(
          `the newest message of ${id} is at ${messages[0]?.position}, but one was observed at ${newest}`
        )
      }
    }
    const moderator = people.find((_, i) => {
      const role = states[i]!.conversations.find((each) => each.id === id)?.role
      return role === 'owner' || role === 'admin'
    })
    if (moderator) await compareVersions(record, moderator, id)
  }
  compareReactions(record, last)
  for (const [i, { user }] of people.entries()) compareMarks(record, user.id, states[i]!)
}

/** Checks that positions that a user marked as read are read. */
function compareMarks(
  { requests, facts, violate }: StormRecord,
  me: string,
  { conversations }: FetchedState
): void {
  const marks = new Map(conversations.map(({ id, readUpTo }) => [id, readUpTo]))
  for (const { act, by, messageId, conversationId, answer } of requests) {
    if (act !== 'conversation read' || by !== me || !messageId || answer?.code !== null) continue
    const { position } = facts.messages.get(messageId)!
    if ((marks.get(conversationId) ?? Infinity) < position) {
      violate(`${me} has read ${conversationId} up to ${marks.get(conversationId)}, and marked ${position}`)
    }
  }
}

/** Checks that a message's earlier versions are complete and equal to what was observed. */
async function compareVersions({ facts, violate }: StormRecord, api: Api, id: string): Promise<void> {
  const mine = new Set(
    (await api.get<Message[]>(`/api/conversations/${id}/messages?peek=1`)).body.map((each) => each.id)
  )
  const changed = facts.messages.values().filter((each) => mine.has(each.id) && each.version > 1)
  for (const fact of changed.take(versionsMax)) {
    const path = `/api/conversations/${id}/messages/${fact.id}/versions`
    const { status, body } = await api.get<MessageVersion[]>(path)
    const versions = status === 200 ? body : []
    if (versions.length !== fact.version - 1) {
      violate(
        `message ${fact.id} is at version ${fact.version}, but its versions answered ${status} ${JSON.stringify(body)}`
      )
    }
    for (const { version, content } of versions) {
      const observed = fact.texts.get(version)
      if (observed !== undefined && (JSON.parse(observed) as string[])[0] !== content) {
        violate(
          `version ${version} of message ${fact.id} was observed as ${observed}, but is stored as ${content}`
        )
      }
      if (!facts.isWritten(content))
        violate(`version ${version} of message ${fact.id} was never sent: ${content}`)
    }
  }
}

/** Checks that a user's last act on an emoji holds, if all of them were answered. */
function compareReactions(
  { requests, facts, violate }: StormRecord,
  last: ReadonlyMap<string, Message>
): void {
  const words = new Map<string, { isSure: boolean; isThere: boolean | null }>()
  for (const { act, by, messageId, emoji, answer } of requests) {
    if (emoji === undefined) continue
    const key = JSON.stringify([messageId, by, emoji])
    const { isSure, isThere } = words.get(key) ?? { isSure: true, isThere: null }
    const isTaken = answer?.code === null
    words.set(key, {
      isSure: isSure && answer !== null,
      isThere: isTaken ? act === 'reaction added' : isThere
    })
  }
  for (const [key, { isSure, isThere }] of words) {
    const [messageId, by, emoji] = JSON.parse(key) as [string, string, string]
    const message = last.get(messageId)
    if (!isSure || isThere === null || !message || facts.messages.get(messageId)!.deletedAt !== null) continue
    const userIds = message.reactions?.find((each) => each.emoji === emoji)?.userIds ?? []
    if (userIds.includes(by) !== isThere) {
      violate(`${by}'s ${emoji} on message ${messageId} is ${isThere ? 'missing' : 'still present'}`)
    }
  }
}
