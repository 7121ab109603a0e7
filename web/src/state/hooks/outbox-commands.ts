import {
  newChange,
  newOutboxItem,
  queueChange,
  retryItem,
  type Change,
  type OutboxStorage,
  type SendItem
} from '@parley/client'
import type { Message } from '@parley/contract/messages'
import { serverNow } from '../../lib/now.ts'

export type OutboxCommands = ReturnType<typeof outboxCommands>

/** Commands that go through the outbox: each shows at once and is retried until the server answers. */
export function outboxCommands(storage: OutboxStorage, changed: () => Promise<void>) {
  const queue = async (message: Pick<Message, 'conversationId' | 'id'>, change: Change) => {
    await queueChange(storage, newChange(message, change, serverNow()))
    await changed()
  }
  return {
    async send(
      conversationId: string,
      content: string,
      extras?: Pick<SendItem, 'replyTo' | 'forwardOf'>
    ): Promise<void> {
      await storage.add(newOutboxItem(conversationId, content, serverNow(), extras))
      await changed()
    },
    /** Gives a message another text; `version` is the one that was edited. */
    edit: (message: Pick<Message, 'conversationId' | 'id'>, content: string, version: number) =>
      queue(message, { kind: 'edit', content, version }),
    /** Deletes a message; one that was not posted yet is never sent. */
    delete: (message: Pick<Message, 'conversationId' | 'id'>) => queue(message, { kind: 'delete' }),
    /** Adds the person's emoji to a message, or removes it. */
    react: (message: Message, emoji: string, there: boolean) =>
      queue(message, { kind: there ? 'react' : 'unreact', emoji }),
    /** Offers a refused item to the server again; an edit that met a newer version replaces it. */
    async retry(clientId: string): Promise<void> {
      await retryItem(storage, clientId)
      await changed()
    },
    /** Discards a refused item. */
    async discard(clientId: string): Promise<void> {
      await storage.update(clientId, () => null)
      await changed()
    }
  }
}
