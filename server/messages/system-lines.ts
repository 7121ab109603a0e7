import type { Change } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'

const roleNames = { owner: 'the owner', admin: 'an admin', member: 'a member' } as const

/**
 * Returns the content of a system line in English, for clients that show nothing but a message's content. A kind that only a
 * newer node knows keeps the content that node `stored`.
 */
export function systemLineText({ kind, user, role, title }: Change, by: User, stored = ''): string {
  switch (kind) {
    case 'conversation_created':
      return `${by.username} started the group “${title}”`
    case 'participant_added':
      return `${by.username} added ${user?.username}${role === 'admin' ? ' as an admin' : ''}`
    case 'participant_removed':
      return user?.id === by.id ? `${by.username} left` : `${by.username} removed ${user?.username}`
    case 'role_changed':
      return `${by.username} made ${user?.username} ${roleNames[role ?? 'member']}`
    case 'conversation_renamed':
      return `${by.username} renamed the group to “${title}”`
    default:
      kind satisfies never
      return stored
  }
}
