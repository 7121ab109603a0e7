import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { isolate } from './bidi.ts'

/** What a line about a conversation itself says, to `me`. Whole sentences: languages differ in more than the words. */
export function lineText({ change, sender, content }: Message, me: User): string {
  const by = isolate(sender.username)
  const who = isolate(change?.user?.username ?? '')
  const title = isolate(change?.title ?? '')
  const byMe = sender.id === me.id
  const pick = (mine: string, aboutMe: string, other: string) =>
    byMe ? mine : change?.user?.id === me.id ? aboutMe : other
  switch (change?.kind) {
    case 'conversation_created':
      return byMe ? t`You started the group “${title}”` : t`${by} started the group “${title}”`
    case 'participant_added':
      return change.role === 'admin'
        ? pick(
            t`You added ${who} as an admin`,
            t`${by} added you as an admin`,
            t`${by} added ${who} as an admin`
          )
        : pick(t`You added ${who}`, t`${by} added you`, t`${by} added ${who}`)
    case 'participant_removed':
      if (change.user?.id === sender.id) return byMe ? t`You left` : t`${by} left`
      return pick(t`You removed ${who}`, t`${by} removed you`, t`${by} removed ${who}`)
    case 'role_changed':
      if (change.role === 'owner')
        return change.user?.id === me.id ? t`You’re now the owner` : t`${who} is now the owner`
      return change.role === 'admin'
        ? pick(t`You made ${who} an admin`, t`${by} made you an admin`, t`${by} made ${who} an admin`)
        : pick(t`You made ${who} a member`, t`${by} made you a member`, t`${by} made ${who} a member`)
    case 'conversation_renamed':
      return byMe ? t`You named the group “${title}”` : t`${by} named the group “${title}”`
    default:
      // A newer server's: it says the same in plain English.
      return content
  }
}
