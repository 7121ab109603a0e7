import { unreadMentionsMax } from '@parley/contract/limits'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { afterChange } from './message-changes.ts'
import type { Entry, State } from './state.ts'

/** The positions of unread messages that mention me, after this one was sent, edited or deleted. */
export function withMention(
  { readUpTo, unreadMentions }: Pick<Entry, 'readUpTo' | 'unreadMentions'>,
  { position, mentions, mine }: Message,
  me: User
): readonly number[] {
  const there = !mine && position > readUpTo && mentions?.includes(me.id) === true
  if (unreadMentions.includes(position) === there) return unreadMentions
  return there
    ? [...unreadMentions, position].sort((a, b) => a - b).slice(-unreadMentionsMax)
    : unreadMentions.filter((each) => each !== position)
}

/** A message was edited or deleted: it may be a conversation's last one, and mention me now, or no more. */
export function withChangedEntry(entries: State['entries'], message: Message, me: User): State['entries'] {
  const entry = entries[message.conversationId]
  if (!entry) return entries
  const { lastMessage } = entry
  return {
    ...entries,
    [entry.id]: {
      ...entry,
      lastMessage: lastMessage?.id === message.id ? afterChange(lastMessage, message) : lastMessage,
      unreadMentions: withMention(entry, message, me)
    }
  }
}
