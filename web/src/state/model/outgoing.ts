import { isSend, type ChangeItem, type OutboxItem, type SendItem } from '@parley/client'

/** The unacknowledged items of a conversation: whether any was refused, and the last message among them. */
export type Outgoing = { readonly failed: boolean; readonly last: SendItem | null }

/** Groups the outbox by conversation. */
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

/** Returns a send as a pending change leaves it; null if that deletes it. */
function afterChange(send: SendItem, change: ChangeItem): SendItem | null {
  if (change.messageId !== send.clientId) return send
  if (change.kind === 'delete') return null
  return change.kind === 'edit' ? { ...send, content: change.content } : send
}
