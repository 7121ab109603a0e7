import type { Message } from '@parley/contract/messages'
import type { Client } from './client.ts'
import type { OutboxItem } from './outbox.ts'

/**
 * Makes the item's request once. Returns the message if the response contains one. Throws what the client
 * throws.
 */
export async function postItem(
  client: Client,
  item: OutboxItem,
  signal: AbortSignal
): Promise<Message | null> {
  const { conversationId, clientId } = item
  switch (item.kind) {
    case 'send': {
      const { content, replyTo, forwardOf } = item
      if (forwardOf)
        return client.forwardMessage(conversationId, { forwardOf: forwardOf.id, clientId }, { signal })
      const message = { content, clientId, ...(replyTo && { replyTo: replyTo.id }) }
      return client.sendMessage(conversationId, message, { signal })
    }
    case 'edit': {
      const { content, version } = item
      return client.editMessage(conversationId, item.messageId, { content, version }, { signal })
    }
    case 'delete':
      await client.deleteMessage(conversationId, item.messageId, { signal })
      return null
    case 'react':
      await client.addReaction(conversationId, item.messageId, item.emoji, { signal })
      return null
    case 'unreact':
      await client.removeReaction(conversationId, item.messageId, item.emoji, { signal })
      return null
    default:
      return item satisfies never
  }
}
