import { useState } from 'react'
import type { Message, Quote, User } from '@parley/contract/entities'
import { Problem } from '@parley/contract/errors'
import { quoteMaxLength } from '@parley/contract/limits'
import { explained } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { useMessenger } from '../../state/context.tsx'
import { useDraft } from './draft.ts'

/** What I write is an answer to a message, or its new text. */
export type Mode = { kind: 'reply' | 'edit'; message: Message }

/** What I write in a conversation: a draft, which is kept, or for a while another text for a message of mine. */
export function useWriting(me: User, conversationId: string) {
  const messenger = useMessenger()
  const [draft, setDraft] = useDraft(me.id, conversationId)
  const [mode, setMode] = useState<Mode | null>(null)
  const [edited, setEdited] = useState('')
  const editing = mode?.kind === 'edit'

  return {
    mode,
    text: editing ? edited : draft,
    setText: editing ? setEdited : setDraft,
    reply: (message: Message) => setMode({ kind: 'reply', message }),
    edit: (message: Message) => {
      setMode({ kind: 'edit', message })
      setEdited(message.content)
    },
    leaveMode: () => setMode(null),
    /** Puts a text below what is written already. */
    addToDraft: (content: string) => setDraft(draft === '' ? content : `${draft}\n${content}`),
    /** Resolves when it is safe: in the outbox, or the edit on the server. Throws a sentence. */
    async send(content: string): Promise<void> {
      if (!editing) {
        const extras = mode ? { replyTo: quoteOf(mode.message) } : {}
        await messenger.outbox.send(conversationId, content, extras).catch(() => {
          throw new Error(texts.conversation.notKept)
        })
      } else if (content !== mode.message.content) {
        await messenger.messages.edit(mode.message, content).catch((error: unknown) => {
          // Whoever saves once more has seen what it says now.
          if (error instanceof Problem && error.current) setMode({ kind: 'edit', message: error.current })
          explained(error)
        })
      }
      setMode(null)
    }
  }
}

function quoteOf({ id, content, sender }: Message): Quote {
  const characters = Array.from(content)
  const cut = characters.length > quoteMaxLength
  return { id, sender, content: cut ? `${characters.slice(0, quoteMaxLength - 1).join('')}…` : content }
}
