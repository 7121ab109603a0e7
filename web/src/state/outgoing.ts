import { isSend, type ChangeItem, type OutboxItem, type SendItem } from '@parley/client'

/** What of a conversation the server does not have: whether some of it was refused, and the last message of it. */
export type Outgoing = { readonly failed: boolean; readonly last: SendItem | null }

/** What the outbox holds, by conversation. */
export function outgoingOf(outbox: readonly OutboxItem[]): ReadonlyMap<string, Outgoing> {
  const outgoing = new Map<string, Outgoing>()
  for (const item of outbox) {
    const { failed = false, last = null } = outgoing.get(item.conversationId) ?? {}
    outgoing.set(item.conversationId, {
      failed: failed || item.problem !== null,
      last: isSend(item) ? item : last && afterChange(last, item)
    })
  }
  return outgoing
}

/** A message to be sent, after a change that waits for it. */
function afterChange(send: SendItem, change: ChangeItem): SendItem | null {
  if (change.messageId !== send.clientId) return send
  if (change.kind === 'delete') return null
  return change.kind === 'edit' ? { ...send, content: change.content } : send
}
