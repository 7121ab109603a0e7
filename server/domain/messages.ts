import { createHash, randomUUID } from 'node:crypto'
import type { Message } from '@parley/contract/entities'
import { Problem } from '@parley/contract/errors'
import { pageSize } from '@parley/contract/limits'
import type { MessagePage, SendOutcome, Store } from '../storage/store.ts'
import type { Principal } from './sessions.ts'
import { snapshotOf, type Snapshot } from './snapshot.ts'
import { textProblem } from './texts.ts'

/** A message on its way in. `key` is what its sender calls it in every retry. */
export type NewMessage = { conversationId: number; content: string; key?: string | undefined }

/**
 * Sends a message, once for every key. Resolves when it is on disk. Throws `validation_failed`,
 * `conversation_not_found`, `idempotency_mismatch`.
 */
export async function sendMessage(
  { store, messageMaxLength }: { store: Store; messageMaxLength: number },
  me: Principal,
  input: NewMessage
): Promise<Message> {
  const content = input.content.trim()
  const send = {
    senderId: me.userId,
    conversationId: input.conversationId,
    content,
    // The server's own key, where there is none, makes the server's own retries safe.
    key: input.key ?? randomUUID(),
    clientId: input.key ?? null,
    payloadHash: hashOf(input.conversationId, content),
    now: Date.now()
  }
  const problem = textProblem(content, messageMaxLength)
  if (!problem) return messageOrProblem(await store.send(send))
  // The key comes before the limits: a retry gets its first answer also after a limit was lowered.
  const first = input.key === undefined ? null : await store.read('findSend', send)
  if (!first) throw new Problem('validation_failed', `The message ${problem}.`, { content: problem })
  return messageOrProblem(first)
}

/**
 * Messages of one of my conversations, newest first, 25 a page. `before` is a message's id, exclusive. Throws
 * `conversation_not_found`, `message_not_found`.
 */
export async function listMessages(
  store: Store,
  me: Principal,
  conversationId: number,
  before?: number
): Promise<Snapshot<MessagePage>> {
  const { head, data } = await store.snapshot('listMessages', {
    viewerId: me.userId,
    conversationId,
    before: before ?? null,
    limit: pageSize
  })
  if ('refused' in data) throw new Problem(data.refused)
  return snapshotOf(store, head, data)
}

function messageOrProblem(outcome: SendOutcome): Message {
  if ('message' in outcome) return outcome.message
  throw new Problem(outcome.refused)
}

function hashOf(conversationId: number, content: string): string {
  return createHash('sha256').update(`${conversationId}\0${content}`).digest('base64url')
}
