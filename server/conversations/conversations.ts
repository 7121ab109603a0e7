import type { Conversation } from '@parley/contract/conversations'
import type { Participant } from '@parley/contract/participants'
import { participantsMax } from '@parley/contract/limits'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { typedUsernameKey } from '@parley/contract/usernames'
import { findPerson, findUserIds, keyOf, keysOf } from '../people/people.ts'
import type { Principal } from '../platform/principal.ts'
import { accepted } from '../platform/storage/refusals.ts'
import type { Store } from '../store.ts'
import { titleProblem } from './rules.ts'

/**
 * Starts a conversation with one other person, or finds the existing one. Throws `validation_failed`, `user_not_found`,
 * `conversation_with_yourself`.
 */
export async function startConversation(
  store: Store,
  me: Principal,
  username: string
): Promise<{ conversation: Conversation; created: boolean }> {
  if (typedUsernameKey(username) === '') throw fieldProblem('username', { code: 'required' })
  const other = await findPerson(store, username)
  if (other.id === me.user.id) throw new Problem('conversation_with_yourself')
  const { id, created } = await store.write('startDirectConversation', {
    me: me.user,
    other,
    now: Date.now()
  })
  return { conversation: await readConversation(store, me, id), created }
}

export type NewGroup = { title: string; usernames: string[]; history?: 'all' | 'joined' | undefined }

/** Starts a group that the caller owns. Throws `validation_failed`, `user_not_found`, `group_full`, `too_many_groups`. */
export async function startGroup(store: Store, me: Principal, input: NewGroup): Promise<Conversation> {
  const title = validTitle(input.title)
  const typed = [...new Set(await keysOf(store, input.usernames))]
  if (typed.includes('')) throw fieldProblem('usernames', { code: 'blank_entries' })
  const found = await findUserIds(store, typed)
  const keys = typed.filter((key) => found.get(key) !== me.userId)
  if (keys.length >= participantsMax) throw new Problem('group_full', { max: participantsMax })
  const userIds = keys.map((key) => {
    const id = found.get(key)
    if (id === undefined) throw new Problem('user_not_found', { username: key })
    return id
  })
  const started = await store.write('startGroup', {
    me: me.user,
    title,
    userIds,
    history: input.history ?? 'all',
    now: Date.now()
  })
  return accepted(started).conversation
}

/** Renames a group. Throws `validation_failed`, `conversation_not_found`, `not_allowed`. */
export async function renameConversation(
  store: Store,
  me: Principal,
  conversationId: number,
  title: string
): Promise<Conversation> {
  const renamed = { viewerId: me.userId, conversationId, title: validTitle(title), now: Date.now() }
  accepted(await store.write('renameConversation', renamed))
  return readConversation(store, me, conversationId)
}

/**
 * Adds a user to a group, or finds them there. Throws `validation_failed`, `conversation_not_found`, `not_allowed`,
 * `user_not_found`, `group_full`.
 */
export async function addParticipant(
  store: Store,
  me: Principal,
  input: { conversationId: number; username: string; role?: 'admin' | 'member' | undefined }
): Promise<{ participant: Participant; added: boolean }> {
  const key = await keyOf(store, input.username)
  if (key === '') throw fieldProblem('username', { code: 'required' })
  const { conversationId, role = 'member' } = input
  return accepted(
    await store.write('addParticipant', { viewerId: me.userId, conversationId, key, role, now: Date.now() })
  )
}

async function readConversation(store: Store, me: Principal, id: number): Promise<Conversation> {
  const conversation = await store.read('getConversation', { viewerId: me.userId, id })
  if (!conversation) throw new Problem('conversation_not_found')
  return conversation
}

function validTitle(text: string): string {
  const title = text.trim()
  const problem = titleProblem(title)
  if (problem) throw fieldProblem('title', problem)
  return title
}
