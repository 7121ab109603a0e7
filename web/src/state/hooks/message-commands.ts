import type { Message, MessageVersion } from '@parley/contract/messages'
import type { CommandContext } from './command-context.ts'

export type MessageCommands = ReturnType<typeof messageCommands>

/** Reads what belongs to messages. Throws what the client throws. */
export function messageCommands({ client }: CommandContext) {
  return {
    versions: ({ conversationId, id }: Message, signal: AbortSignal): Promise<MessageVersion[]> =>
      client.messageVersions(conversationId, id, { signal })
  }
}
