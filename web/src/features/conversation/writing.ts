import { isBlank } from '@parley/contract/text/characters'
import type { Message } from '@parley/contract/messages'
import { t } from '@lingui/core/macro'
import { quoteOf } from '../../lib/quotes.ts'
import { withOtherUsed, withoutOther } from '../../state/model/draft-merge.ts'
import {
  withEditing,
  withMessageBefore,
  withoutMode,
  withText,
  type Draft,
  type DraftPart
} from '../../state/model/draft.ts'
import type { Messenger } from '../../state/hooks/messenger.ts'

export type Writing = ReturnType<typeof writingIn>

/** The draft of a conversation, and the commands that change and send it. Only its subscribers render with it. */
export function writingIn(
  { drafts, outbox, store }: Pick<Messenger, 'drafts' | 'outbox' | 'store'>,
  conversationId: string
) {
  const get = (): Draft => drafts.get(conversationId)
  const change = (make: (draft: Draft) => Draft) => drafts.set(conversationId, make(get()))
  const find = (isIt: (message: Message) => boolean) =>
    store.getState().histories[conversationId]?.messages.find(isIt)

  /** Puts a message that was not sent above what is written. */
  const giveBack = (message: Pick<Draft, 'text' | 'replyTo'>) =>
    change((draft) => withMessageBefore(draft, message))

  /** A message that was on its way when its edit began may have arrived since. */
  function targetOf({ messageId, version }: NonNullable<Draft['editing']>) {
    const sent = find(({ clientId }) => clientId === messageId)
    return sent ? { id: sent.id, version: sent.version ?? 1 } : { id: messageId, version }
  }

  async function sendMessage(message: Draft): Promise<void> {
    const { replyTo } = message
    const content = message.text.trim()
    if (isBlank(content)) return
    // The field is free at once: what is typed from here on is the next message.
    change((draft) => ({ ...draft, text: '', replyTo: null }))
    const original = replyTo && find(({ id }) => id === replyTo.id)
    const extras = replyTo && !original?.deletedAt ? { replyTo } : {}
    try {
      await outbox.send(conversationId, content, extras)
    } catch {
      giveBack(message)
      throw new Error(t`Your browser couldn’t save this message. Your text is still here. Try again.`)
    }
  }

  async function saveEdit(editing: NonNullable<Draft['editing']>): Promise<void> {
    const content = editing.text.trim()
    if (isBlank(content)) return
    change(withoutMode)
    if (content === editing.original) return
    const { id, version } = targetOf(editing)
    try {
      await outbox.edit({ conversationId, id }, content, version)
    } catch {
      change((draft) => ({ ...draft, editing: draft.editing ?? editing }))
      throw new Error(t`Your browser couldn’t save this message. Your text is still here. Try again.`)
    }
  }

  let storing: Promise<void> | null = null
  let modes = 0
  const changeMode = (make: (draft: Draft) => Draft) => {
    modes++
    change(make)
  }

  return {
    conversationId,
    get,
    subscribe: (listener: () => void) => drafts.subscribe(conversationId, listener),
    setText: (text: string) => change((draft) => withText(draft, text)),
    reply: (message: Message) =>
      changeMode((draft) => ({ ...draft, editing: null, replyTo: quoteOf(message) })),
    edit: (message: Pick<Message, 'id' | 'version' | 'content'>) =>
      changeMode((draft) => withEditing(draft, message)),
    leaveMode: () => change(withoutMode),
    /** Replies and edits that were begun here: a mode that comes from another device asks for no focus. */
    modes: () => modes,
    giveBack,
    /** Puts a refused edit back into the composer, now of another version. */
    editAgain: (messageId: string, version: number, original: string, text: string) =>
      changeMode((draft) => ({ ...draft, editing: { messageId, version, original, text } })),
    /** Tells whether I am writing in the field. Then what other devices write waits. */
    hold: (isWriting: boolean) => drafts.hold(conversationId, isWriting),
    /** The field was left. */
    leave: () => {
      drafts.hold(conversationId, false)
      drafts.leave()
    },
    /** The draft of another device: one that waits, or one that conflicted. */
    other: (): DraftPart | null => drafts.waiting(conversationId) ?? get().others[0] ?? null,
    useOther: () => {
      const waiting = drafts.waiting(conversationId)
      drafts.replace(conversationId, waiting ?? withOtherUsed(get()))
    },
    discardOther: () => {
      const waits = drafts.waiting(conversationId) !== null
      drafts.replace(conversationId, waits ? get() : withoutOther(get()))
    },
    /** Sends the text, or saves the edit. Resolves when the outbox has it; throws a sentence. */
    send(): Promise<void> {
      const draft = get()
      const stored = draft.editing ? saveEdit(draft.editing) : sendMessage(draft)
      const settled = () => {
        if (storing === waiting) storing = null
      }
      const waiting = stored.then(settled, settled)
      storing = waiting
      return stored
    },
    /** Resolves once the outbox has what was sent last, or has refused it; null while nothing is on its way there. */
    storing: () => storing
  }
}
