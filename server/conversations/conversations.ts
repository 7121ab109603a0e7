import type { Conversation, User } from '@parley/contract/entities'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { pageSize } from '@parley/contract/limits'
import { typedUsernameKey } from '@parley/contract/usernames'
import type { Store } from '../store.ts'
import { findPerson } from '../people/people.ts'
import type { Principal } from '../platform/principal.ts'
import { snapshotOf, type Snapshot } from '../platform/storage/snapshot.ts'

/**
 * Starts a conversation with one other person, or finds the one there is. Throws `validation_failed`,
 * `user_not_found`, `conversation_with_yourself`.
 */
export async function startConversation(
  store: Store,
  me: Principal,
  username: string
): Promise<{ conversation: Conversation; created: boolean }> {
  if (typedUsernameKey(username) === '') {
    throw fieldProblem('username', { code: 'required' })
  }
  const other = await findPerson(store, username)
  if (other.id === me.user.id) throw new Problem('conversation_with_yourself')
  const { id, created } = await store.write('startDirectConversation', {
    me: me.user,
    other,
    now: Date.now()
  })
  const { data } = await getConversation(store, me, id)
  return { conversation: data, created }
}

/** Mine that have a message, newest message first, 25 a page. `before` is a conversation's id, exclusive. */
export async function listConversations(
  store: Store,
  me: Principal,
  before?: number
): Promise<Snapshot<Conversation[]>> {
  const { head, data } = await store.snapshot('listConversations', {
    viewerId: me.userId,
    before: before ?? null,
    limit: pageSize
  })
  if (!data) throw conversationNotFound()
  return snapshotOf(store, head, data)
}

/** One of mine. Throws `conversation_not_found`, also for one that I am not in. */
export async function getConversation(
  store: Store,
  me: Principal,
  id: number
): Promise<Snapshot<Conversation>> {
  const { head, data } = await store.snapshot('getConversation', { viewerId: me.userId, id })
  if (!data) throw conversationNotFound()
  return snapshotOf(store, head, data)
}

/** The other one in a conversation of two. Throws `conversation_not_found`, and `participant_not_found` in a group. */
export async function getOtherParticipant(store: Store, me: Principal, id: number): Promise<Snapshot<User>> {
  const { cursor, data } = await getConversation(store, me, id)
  if (!data.otherParticipant) throw new Problem('participant_not_found', { reason: 'is_group' })
  return { cursor, data: data.otherParticipant }
}

function conversationNotFound(): Problem {
  return new Problem('conversation_not_found')
}
