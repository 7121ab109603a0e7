import { Problem } from '@parley/contract/problems'
import type { Role } from '@parley/contract/participants'
import type { CommandContext } from './command-context.ts'

export type NewGroup = { title: string; usernames: string[]; history: 'all' | 'joined' }
export type GroupCommands = ReturnType<typeof groupCommands>

/**
 * What one does in and with groups. Each is tried once, and throws what the client throws; what it changes shows when
 * its event comes.
 */
export function groupCommands({ client, state, dispatch, once, ask }: CommandContext) {
  /** Fetches the first page of who is in a conversation, or the next one, if there is one. */
  function loadParticipants(id: string): Promise<void> {
    return once(`participants:${id}`, async (signal) => {
      const known = state().participants[id]
      if (known?.whole) return
      const take = async (after: string | undefined) => {
        const { data: participants, cursor } = await ask(
          () => client.participants(id, { after, signal }),
          signal
        )
        dispatch({
          type: 'participants_taken',
          conversationId: id,
          participants,
          after: after ?? null,
          cursor
        })
      }
      await take(known?.list.at(-1)?.user.id).catch((error: unknown) => {
        // The last known participant has left: start over.
        if (!(error instanceof Problem) || error.code !== 'participant_not_found') throw error
        return take(undefined)
      })
    })
  }

  return {
    /** Starts a group; gives its id. */
    async start(group: NewGroup): Promise<string> {
      const conversation = await client.startGroup(group)
      dispatch({ type: 'conversation_taken', conversation, cursor: null })
      return conversation.id
    },
    async rename(id: string, title: string): Promise<void> {
      await client.renameConversation(id, title)
    },
    async add(id: string, username: string): Promise<void> {
      await client.addParticipant(id, { username })
    },
    async changeRole(id: string, userId: string, role: Role): Promise<void> {
      await client.changeRole(id, userId, role)
    },
    remove: (id: string, userId: string) => client.removeParticipant(id, userId),
    leave: (id: string) => client.removeParticipant(id, state().me.id),

    loadParticipants,
    /** Fetches all participants of a conversation. */
    async loadAllParticipants(id: string): Promise<void> {
      while (state().entries[id] && !state().participants[id]?.whole) await loadParticipants(id)
    }
  }
}
