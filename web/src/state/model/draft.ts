import type { Message, Quote } from '@parley/contract/messages'

/** What is in the composer: a text, and what it belongs to. */
export type DraftPart = {
  /** The next message; it waits while an older one is edited. */
  readonly text: string
  /** The message it answers. */
  readonly replyTo: Quote | null
  readonly editing: Editing | null
}

/** What a person has begun to write in one conversation. */
export type Draft = DraftPart & {
  /** Drafts of other devices or tabs that conflicted with this one, the latest first. */
  readonly others: readonly DraftPart[]
}

/** An edit that was begun. */
export type Editing = {
  /** The message's id, or the `clientId` of its send while that is in the outbox. */
  readonly messageId: string
  /** The version whose text is edited. */
  readonly version: number
  readonly original: string
  readonly text: string
}

export const emptyDraft: Draft = { text: '', replyTo: null, editing: null, others: [] }

/** The text in the field. */
export function textOf({ text, editing }: DraftPart): string {
  return editing ? editing.text : text
}

export function withText(draft: Draft, text: string): Draft {
  return draft.editing ? { ...draft, editing: { ...draft.editing, text } } : { ...draft, text }
}

/** The draft with a message to be edited. What was written stays, and comes back afterwards. */
export function withEditing(
  draft: Draft,
  { id: messageId, version = 1, content }: Pick<Message, 'id' | 'version' | 'content'>
): Draft {
  return { ...draft, editing: { messageId, version, original: content, text: content } }
}

/** The draft without its edit, else without its reply. */
export function withoutMode(draft: Draft): Draft {
  return draft.editing ? { ...draft, editing: null } : { ...draft, replyTo: null }
}

/** The draft with a message above what was written since; an edit that changed nothing yet makes room for it. */
export function withMessageBefore(draft: Draft, { text, replyTo }: Pick<Draft, 'text' | 'replyTo'>): Draft {
  return {
    ...draft,
    text: draft.text.trim() === '' ? text : `${text}\n${draft.text}`,
    replyTo: draft.replyTo ?? replyTo,
    editing: draft.editing?.text === draft.editing?.original ? null : draft.editing
  }
}
