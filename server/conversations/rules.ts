import type { FieldProblem } from '@parley/contract/field-problems'
import { titleMaxLength } from '@parley/contract/limits'
import type { Role } from '@parley/contract/participants'
import type { ProblemData } from '@parley/contract/problems'
import { may, type GroupAction } from '@parley/contract/roles'
import { lineProblem } from '../messages/rules.ts'

/** Returns what is wrong with a group's trimmed title; null if it is valid. */
export function titleProblem(title: string): FieldProblem | null {
  return lineProblem(title, titleMaxLength)
}

type NotAllowed = { refused: 'not_allowed' } & ProblemData['not_allowed']
type Member = { conversation: { kind: 'direct' | 'group' }; me: { role: Role } }

/** Returns why a member, or someone who is not one, may not do this to a group; null if they may. */
export function groupRefusal(
  member: Member | undefined,
  action: GroupAction
): NotAllowed | { refused: 'conversation_not_found' } | null {
  if (!member) return { refused: 'conversation_not_found' }
  const { conversation, me } = member
  if (conversation.kind !== 'group') return { refused: 'not_allowed', reason: 'direct_conversation' }
  return may(me.role, action) ? null : { refused: 'not_allowed', reason: 'role', role: me.role, action }
}

/** Returns why a member who may remove members may not remove this one, by their roles; null if they may. */
export function removalRefusal(mine: Role, theirs: Role): NotAllowed | null {
  if (theirs === 'owner') return { refused: 'not_allowed', reason: 'target_is_owner' }
  return theirs === 'member' || may(mine, 'remove_admin')
    ? null
    : { refused: 'not_allowed', reason: 'role', role: mine, action: 'remove_admin' }
}
