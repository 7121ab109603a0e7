import type { SendItem } from '@parley/client'
import { may } from '@parley/contract/roles'
import type { Message } from '@parley/contract/messages'
import type { Entry } from '../../state/model/state.ts'
import type { Row } from '../../state/model/rows.ts'
import type { Anchor } from '../../ui/menu.tsx'

/** What one does with a row. */
export type RowActions = {
  retry: (clientId: string) => void
  /** Takes a message that was refused back to the composer. */
  takeBack: (item: SendItem) => void
  discard: (clientId: string) => void
  /** Whether there is anything to be done with a message. */
  hasMenu: (message: Message) => boolean
  openMenu: (message: Message, anchor: Anchor) => void
  react: (message: Message, emoji: string, there: boolean) => void
  jumpTo: (messageId: string) => void
}

export type MessageAction = 'react' | 'reply' | 'edit' | 'copy' | 'forward' | 'versions' | 'delete'

/** Returns the message of a row. A pending one has its `clientId` as its id, and position 0. */
export function messageOf({ message, pending, content, at, sender, key }: Row): Message {
  return (
    message ?? {
      id: key,
      clientId: key,
      conversationId: pending?.conversationId ?? '',
      content,
      createdAt: at,
      mine: true,
      position: 0,
      sender,
      ...(pending?.forwardOf && { forwardedFrom: pending.forwardOf.sender })
    }
  )
}

/** Whether the server has a message, as far as is known here. */
export function isSent({ position }: Message): boolean {
  return position > 0
}

/** What I may do with a message. */
export function actionsOf(
  message: Message,
  { kind, role }: Pick<Entry, 'kind' | 'role'>
): ReadonlySet<MessageAction> {
  const { mine, deletedAt, change, forwardedFrom, version } = message
  const there = !deletedAt && !change
  const sent = there && isSent(message)
  const moderator = (action: 'delete_any_message' | 'read_versions') => kind === 'group' && may(role, action)
  const allowed: Record<MessageAction, boolean> = {
    react: sent,
    reply: sent,
    forward: sent,
    // Messages of other users are forwarded unchanged.
    edit: there && mine && !forwardedFrom,
    copy: there,
    versions: version !== undefined && moderator('read_versions'),
    delete: there && (mine || moderator('delete_any_message'))
  }
  const actions = Object.keys(allowed) as MessageAction[]
  return new Set(actions.filter((action) => allowed[action]))
}
