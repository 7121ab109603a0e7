import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { isolate } from './bidi.ts'

/** What a line that nobody wrote says, to `me`. */
export function lineText({ change, sender, content }: Message, me: User): string {
  const by = sender.id === me.id ? 'You' : isolate(sender.username)
  const mine = change?.user?.id === me.id
  const who = mine ? 'you' : isolate(change?.user?.username ?? '')
  switch (change?.kind) {
    case 'conversation_created':
      return `${by} started the group “${isolate(change.title ?? '')}”`
    case 'participant_added':
      return `${by} added ${who}${change.role === 'admin' ? ' as an admin' : ''}`
    case 'participant_removed':
      return change.user?.id === sender.id ? `${by} left` : `${by} removed ${who}`
    case 'role_changed':
      if (change.role === 'owner') return mine ? 'You’re now the owner' : `${who} is now the owner`
      return change.role === 'admin' ? `${by} made ${who} an admin` : `${by} made ${who} a member`
    case 'conversation_renamed':
      return `${by} named the group “${isolate(change.title ?? '')}”`
    default:
      // A newer server's: it says the same in plain English.
      return content
  }
}
