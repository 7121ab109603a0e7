import type { Participant, Role } from '@parley/contract/entities'
import { fieldProblem } from '@parley/contract/problems'
import { participantsPageSize } from '@parley/contract/limits'
import type { Store } from '../store.ts'
import { accepted } from '../platform/storage/outcomes.ts'
import { keyOf } from '../people/people.ts'
import type { Principal } from '../platform/principal.ts'
import { snapshotOf, type Snapshot } from '../platform/storage/snapshot.ts'

/**
 * Who is in a conversation of mine, in the order in which they came, 100 a page; `after` is a user's id, exclusive.
 * Throws `conversation_not_found`, `participant_not_found`.
 */
export async function listParticipants(
  store: Store,
  me: Principal,
  conversationId: number,
  after?: number
): Promise<Snapshot<Participant[]>> {
  const { head, data } = await store.snapshot('listParticipants', {
    viewerId: me.userId,
    conversationId,
    after: after ?? null,
    limit: participantsPageSize
  })
  return snapshotOf(store, head, accepted(data))
}

/**
 * Adds somebody to a group of mine, or finds them there. Throws `validation_failed`, `conversation_not_found`,
 * `not_allowed`, `user_not_found`, `group_full`.
 */
export async function addParticipant(
  store: Store,
  me: Principal,
  input: { conversationId: number; username: string; role?: 'admin' | 'member' | undefined }
): Promise<{ participant: Participant; added: boolean }> {
  const key = await keyOf(store, input.username)
  if (key === '') {
    throw fieldProblem('username', { code: 'required' })
  }
  const { conversationId, role = 'member' } = input
  return accepted(
    await store.write('addParticipant', { viewerId: me.userId, conversationId, key, role, now: Date.now() })
  )
}

/**
 * Gives somebody in a group of mine another role. Throws `conversation_not_found`, `not_allowed`,
 * `participant_not_found`.
 */
export async function changeRole(
  store: Store,
  me: Principal,
  input: { conversationId: number; userId: number; role: Role }
): Promise<Participant> {
  return accepted(await store.write('changeRole', { viewerId: me.userId, ...input, now: Date.now() }))
}

/**
 * Takes somebody out of a group of mine, or me. Throws `conversation_not_found`, `not_allowed`, `participant_not_found`.
 */
export async function removeParticipant(
  store: Store,
  me: Principal,
  input: { conversationId: number; userId: number }
): Promise<void> {
  accepted(await store.write('removeParticipant', { viewerId: me.userId, ...input, now: Date.now() }))
}
