import type { Message, User } from '@parley/contract/entities'
import { texts } from '../../lib/texts.ts'
import { useMessenger } from '../../state/context.tsx'
import { useDraft } from './draft.ts'

/** What I write is an answer to a message, or its new text. */
export type Mode = { kind: 'reply' | 'edit'; message: Message }

/** What I write in a conversation: a draft, which is kept. */
export function useWriting(me: User, conversationId: string) {
  const messenger = useMessenger()
  const [draft, setDraft] = useDraft(me.id, conversationId)
  return {
    text: draft,
    setText: setDraft,
    /** Puts a text below what is written already. */
    addToDraft: (content: string) => setDraft(draft === '' ? content : `${draft}\n${content}`),
    /** Resolves when it is safe in the outbox. Throws a sentence. */
    async send(content: string): Promise<void> {
      await messenger.outbox.send(conversationId, content).catch(() => {
        throw new Error(texts.conversation.notKept)
      })
    }
  }
}
