import { Problem } from '@parley/contract/errors'
import type { Message, MessageVersion } from '@parley/contract/entities'
import type { CommandContext } from './command-context.ts'
import { versionOf } from './message-changes.ts'

export type MessageCommands = ReturnType<typeof messageCommands>

/** What one does with messages that are there. Each is tried once, and throws what the client throws. */
export function messageCommands({ client, dispatch }: CommandContext) {
  return {
    /** Gives a message of mine another text; refused with `version_conflict` where it is another by now. */
    async edit(message: Message, content: string): Promise<void> {
      const { conversationId, id } = message
      try {
        const edited = await client.editMessage(conversationId, id, { content, version: versionOf(message) })
        dispatch({ type: 'message_changed', message: edited })
      } catch (error) {
        if (error instanceof Problem && error.current)
          dispatch({ type: 'message_changed', message: error.current })
        throw error
      }
    },
    delete: ({ conversationId, id }: Message) => client.deleteMessage(conversationId, id),
    versions: ({ conversationId, id }: Message, signal: AbortSignal): Promise<MessageVersion[]> =>
      client.messageVersions(conversationId, id, { signal }),
    /** Puts an emoji of mine on a message, or takes it away. */
    react: ({ conversationId, id }: Message, emoji: string, there: boolean): Promise<void> =>
      there ? client.addReaction(conversationId, id, emoji) : client.removeReaction(conversationId, id, emoji)
  }
}
