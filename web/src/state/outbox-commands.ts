import { newOutboxItem, retryItem, type OutboxItem, type OutboxStorage } from '@parley/client'

export type OutboxCommands = ReturnType<typeof outboxCommands>

/** What one does with messages that are on their way. */
export function outboxCommands(storage: OutboxStorage, changed: () => Promise<void>) {
  return {
    /** Puts a message into the outbox. It shows at once, and is sent for as long as it takes. */
    async send(
      conversationId: string,
      content: string,
      extras?: Pick<OutboxItem, 'replyTo' | 'forwardOf'>
    ): Promise<void> {
      await storage.add(newOutboxItem(conversationId, content, Date.now(), extras))
      await changed()
    },
    /** Offers a refused message to the server again. */
    async retry(clientId: string): Promise<void> {
      await retryItem(storage, clientId)
      await changed()
    },
    /** Forgets a refused message. */
    async discard(clientId: string): Promise<void> {
      await storage.remove(clientId)
      await changed()
    }
  }
}
