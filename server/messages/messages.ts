import { hash, randomUUID } from 'node:crypto'
import type { Message, MessageExtras } from '@parley/contract/messages'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { mentionedKeys } from '@parley/contract/text/text-pieces'
import type { Json } from '../platform/storage/json.ts'
import type { Send } from './procedures.ts'
import type { Store } from '../store.ts'
import type { Principal } from '../platform/principal.ts'
import { accepted, problemOf } from '../platform/storage/refusals.ts'
import { mentionsAmong, textProblem } from './rules.ts'

/** A message on its way in. `key` is what its sender calls it in every retry. */
export type NewMessage = { conversationId: number; key?: string | undefined } & (
  | { content: string; replyTo?: number | undefined }
  | { forwardOf: number }
)

/**
 * Sends a message, or one of mine elsewhere on, once for every key. Resolves when it is on disk. Throws
 * `validation_failed`, `conversation_not_found`, `message_not_found`, `message_deleted`, `not_allowed`,
 * `idempotency_mismatch`.
 */
export async function sendMessage(
  { store, messageMaxLength }: { store: Store; messageMaxLength: number },
  me: Principal,
  input: NewMessage
): Promise<Json<Message>> {
  const content = 'content' in input ? input.content.trim() : ''
  const send = {
    senderId: me.userId,
    conversationId: input.conversationId,
    content,
    extras: null,
    // The server's own key, where there is none, makes the server's own retries safe.
    key: input.key ?? randomUUID(),
    clientId: input.key ?? null,
    payloadHash: hashOf(input, content),
    now: Date.now()
  }
  const problem = 'content' in input ? textProblem(content, messageMaxLength) : null
  const names = problem ? [] : mentionedKeys(content)
  // What has nothing beside it is as it is: nothing is looked up.
  if (!problem && isPlain(input) && names.length === 0) return accepted(await store.send(send)).message
  const made = problem ? fieldProblem('content', problem) : await prepare(store, me, input, content, names)
  if (!(made instanceof Problem)) return accepted(await store.send({ ...send, ...made })).message
  // The key comes before the limits and the rest: a retry gets its first answer whatever has changed since.
  const first = input.key === undefined ? null : await store.read('findSend', send)
  if (!first) throw made
  return accepted(first).message
}

function isPlain(input: NewMessage): boolean {
  return 'content' in input && input.replyTo === undefined
}

/** A message's content, and what it has beside it: what it quotes, whom it names. */
async function prepare(
  store: Store,
  me: Principal,
  input: NewMessage,
  content: string,
  names: string[][]
): Promise<Pick<Send, 'content' | 'extras'> | Problem> {
  const forwardOf = 'forwardOf' in input ? input.forwardOf : null
  const replyTo = 'content' in input ? (input.replyTo ?? null) : null
  const found = await store.read('findExtras', {
    viewerId: me.userId,
    conversationId: input.conversationId,
    replyTo,
    forwardOf,
    keys: names.flat()
  })
  if ('refused' in found) return problemOf(found)
  const mentions = mentionsAmong(names, found.people)
  const extras: MessageExtras = {
    ...(found.replyTo && { replyTo: found.replyTo }),
    ...(found.forwarded && { forwardedFrom: found.forwarded.forwardedFrom }),
    ...(mentions.length > 0 && { mentions })
  }
  return {
    content: found.forwarded?.content ?? content,
    extras: Object.keys(extras).length > 0 ? extras : null
  }
}

/** Returns the hash of a send's payload, for its idempotency key. NUL separates the parts, because no text contains it. */
function hashOf(input: NewMessage, content: string): string {
  const plain = `${input.conversationId}\0${content}`
  const more =
    'forwardOf' in input
      ? `\0forward ${input.forwardOf}`
      : input.replyTo === undefined
        ? ''
        : `\0reply ${input.replyTo}`
  return hash('sha256', plain + more, 'base64url')
}
