import type { Conversation } from '@parley/contract/entities'
import { fieldProblem, Problem } from '@parley/contract/problems'
import { participantsMax, titleMaxLength } from '@parley/contract/limits'
import type { Store } from '../store.ts'
import { getConversation } from './conversations.ts'
import { accepted } from '../platform/storage/outcomes.ts'
import { findUserIds, keysOf } from '../people/people.ts'
import type { Principal } from '../platform/principal.ts'
import { lineProblem } from '../messages/texts.ts'

export type NewGroup = { title: string; usernames: string[]; history?: 'all' | 'joined' | undefined }

/** Starts a group of mine. Throws `validation_failed`, `user_not_found`, `group_full`, `too_many_groups`. */
export async function startGroup(store: Store, me: Principal, input: NewGroup): Promise<Conversation> {
  const title = titleOf(input.title)
  const typed = [...new Set(await keysOf(store, input.usernames))]
  if (typed.includes('')) {
    throw fieldProblem('usernames', { code: 'blank_entries' })
  }
  const found = await findUserIds(store, typed)
  const keys = typed.filter((key) => found.get(key) !== me.userId)
  if (keys.length >= participantsMax) {
    throw new Problem('group_full', { max: participantsMax })
  }
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

/** Gives a group of mine another title. Throws `validation_failed`, `conversation_not_found`, `not_allowed`. */
export async function renameConversation(
  store: Store,
  me: Principal,
  conversationId: number,
  title: string
): Promise<Conversation> {
  const renamed = { viewerId: me.userId, conversationId, title: titleOf(title), now: Date.now() }
  accepted(await store.write('renameConversation', renamed))
  return (await getConversation(store, me, conversationId)).data
}

function titleOf(text: string): string {
  const title = text.trim()
  const problem = lineProblem(title, titleMaxLength)
  if (problem) throw fieldProblem('title', problem)
  return title
}
