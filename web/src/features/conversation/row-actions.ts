import type { OutboxItem } from '@parley/client'
import { may } from '@parley/contract/roles'
import type { Message } from '@parley/contract/entities'
import type { Entry } from '../../state/model.ts'
import type { Anchor } from '../../ui/menu.tsx'

/** What one does with a row. */
export type RowActions = {
  retry: (clientId: string) => void
  /** Takes a message that was refused back to the composer. */
  takeBack: (item: OutboxItem) => void
  discard: (clientId: string) => void
  /** Whether there is anything to be done with a message. */
  hasMenu: (message: Message) => boolean
  openMenu: (message: Message, anchor: Anchor) => void
  react: (message: Message, emoji: string, there: boolean) => void
  jumpTo: (messageId: string) => void
}

export type MessageAction = 'react' | 'reply' | 'edit' | 'copy' | 'forward' | 'versions' | 'delete'

/** What I may do with a message. */
export function actionsOf(
  { mine, deletedAt, change, forwardedFrom, version }: Message,
  { kind, role }: Pick<Entry, 'kind' | 'role'>
): ReadonlySet<MessageAction> {
  const there = !deletedAt && !change
  const moderator = (action: 'delete_any_message' | 'read_versions') => kind === 'group' && may(role, action)
  const allowed: Record<MessageAction, boolean> = {
    react: there,
    reply: there,
    forward: there,
    // What somebody else said is passed on as it is.
    edit: there && mine && !forwardedFrom,
    copy: there,
    versions: version !== undefined && moderator('read_versions'),
    delete: there && (mine || moderator('delete_any_message'))
  }
  const actions = Object.keys(allowed) as MessageAction[]
  return new Set(actions.filter((action) => allowed[action]))
}
