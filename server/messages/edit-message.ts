import type { Message } from '@parley/contract/messages'
import { fieldProblem } from '@parley/contract/problems'
import { mentionedKeys } from '@parley/contract/text/text-pieces'
import type { Store } from '../store.ts'
import { accepted } from '../platform/storage/refusals.ts'
import type { Principal } from '../platform/principal.ts'
import { mentionsAmong, textProblem } from './rules.ts'

/** A message and its conversation, by id. */
export type MessagePlace = { conversationId: number; messageId: number }

/**
 * Edits one of the caller's messages; `version` is the one that they edited. Throws `validation_failed`,
 * `conversation_not_found`, `message_not_found`, `not_your_message`, `not_allowed`, `message_deleted`,
 * `version_conflict` with the message as it is now.
 */
export async function editMessage(
  { store, messageMaxLength }: { store: Store; messageMaxLength: number },
  me: Principal,
  place: MessagePlace,
  { content: text, version }: { content: string; version?: number | undefined }
): Promise<Message> {
  const content = text.trim()
  const problem = textProblem(content, messageMaxLength)
  if (problem) throw fieldProblem('content', problem)
  const names = mentionedKeys(content)
  return accepted(
    await store.write('editMessage', {
      viewerId: me.userId,
      ...place,
      content,
      mentions: names.length > 0 ? await findMentions(store, me, place, names) : [],
      version: version ?? null,
      now: Date.now()
    })
  )
}

async function findMentions(
  store: Store,
  me: Principal,
  { conversationId }: MessagePlace,
  names: string[][]
): Promise<string[]> {
  const about = { viewerId: me.userId, conversationId, replyTo: null, forwardOf: null, keys: names.flat() }
  return mentionsAmong(names, accepted(await store.read('findExtras', about)).people)
}
