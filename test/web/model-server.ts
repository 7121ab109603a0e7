import type { Cursor } from '@parley/contract/cursor'
import type { Conversation, Message, User } from '@parley/contract/entities'
import type { LogEvent } from '@parley/contract/events'
import type { Snapshot } from '../../web/src/state/model.ts'

export const john: User = { id: '1', username: 'john', avatarURL: null }
export const jane: User = { id: '2', username: 'jane', avatarURL: null }

const start = Date.UTC(2026, 0, 31, 12)

/** What the server keeps for john, in a few lines: his conversations, and his log of events. */
export function modelServer() {
  const messages = new Map<string, Message[]>()
  const readUpTo = new Map<string, number>()
  const log: LogEvent[] = []
  let lastId = 0

  function send(conversationId: string, from: User, content = 'hello', clientId?: string): Message {
    const known = messages.get(conversationId) ?? []
    const mine = from === john
    const message: Message = {
      id: String(++lastId),
      content,
      conversationId,
      createdAt: new Date(start + lastId * 1_000).toISOString(),
      mine,
      position: known.length + 1,
      sender: from,
      ...(mine && clientId !== undefined && { clientId })
    }
    if (known.length === 0)
      log.push({ name: 'conversation_created', data: { ...conversation(conversationId) } })
    messages.set(conversationId, [...known, message])
    if (mine) readUpTo.set(conversationId, message.position)
    log.push(mine ? { name: 'message_sent', data: message } : { name: 'message', data: message })
    return message
  }

  function read(conversationId: string, by: User): void {
    const newest = messages.get(conversationId)?.at(-1)
    if (!newest) return
    const { id: upTo, position } = newest
    if (by === john) readUpTo.set(conversationId, position)
    log.push({ name: 'read', data: { conversationId, userId: by.id, upTo, position } })
  }

  function conversation(id: string): Conversation {
    const lastMessage = messages.get(id)?.at(-1) ?? null
    const mark = readUpTo.get(id) ?? 0
    const unreadCount = (lastMessage?.position ?? 0) - mark
    return {
      id,
      kind: 'direct',
      title: null,
      otherParticipant: jane,
      participantCount: 2,
      role: 'member',
      lastMessage,
      readUpTo: mark,
      unreadCount,
      hasUnreadMessages: unreadCount > 0,
      unreadMentions: []
    }
  }

  /** The newest 25 before a position, newest first. */
  function page(conversationId: string, before = Infinity): Message[] {
    const older = (messages.get(conversationId) ?? []).filter(({ position }) => position < before)
    return older.slice(-25).toReversed()
  }

  return {
    log,
    send,
    read,
    conversation,
    page,
    cursorAt: (seq: number): Cursor => ({ epoch: 'e', seq }),
    /** What a fresh start shows now, with these conversations on the screen. */
    snapshot(opened: string[] = []): Snapshot {
      const all = Array.from(messages.keys(), conversation)
      return {
        cursor: { epoch: 'e', seq: log.length },
        conversations: all.sort((a, b) => Number(b.lastMessage!.id) - Number(a.lastMessage!.id)),
        opened: opened.map((id) => ({ conversation: conversation(id), messages: page(id) }))
      }
    }
  }
}

export type ModelServer = ReturnType<typeof modelServer>
