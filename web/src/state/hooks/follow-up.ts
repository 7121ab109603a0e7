import type { LogEvent } from '@parley/contract/events'
import { fetchPersonal } from '../sync/snapshot.ts'
import type { CommandContext } from './command-context.ts'

/** Fetches what an event does not tell: a conversation that is not known here, or a personal value that it does not carry. */
export function followUp({ client, state, dispatch, once, ask }: CommandContext, event: LogEvent): void {
  if (event.name === 'personal_state_changed' && event.data.value === undefined) {
    once('personal', async (signal) => {
      const values = await fetchPersonal(client, signal)
      if (values) dispatch({ type: 'personal_listed', values })
    }).catch(() => {})
    return
  }
  const { conversationId } = event.data as { conversationId?: string }
  if (conversationId === undefined || state().entries[conversationId]) return
  // Not one that I have just left: too old for the list so far, or new to me.
  if (event.name === 'participant_removed') return
  once(`meet:${conversationId}`, async (signal) => {
    const { data, cursor } = await ask(() => client.conversation(conversationId, { signal }), signal)
    dispatch({ type: 'conversation_taken', conversation: data, cursor })
  }).catch(() => {})
}
