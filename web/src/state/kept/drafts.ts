import { keep, recall } from '../../lib/local-store.ts'
import { emptyDraft, type Draft } from '../model/draft.ts'

export type Drafts = {
  /** The draft of a conversation; the same object until it changes. */
  get(conversationId: string): Draft
  set(conversationId: string, draft: Draft): void
  /** Calls back whenever the draft of a conversation changes; returns how to stop that. */
  subscribe(conversationId: string, listener: () => void): () => void
}

/**
 * The drafts of one person. This browser keeps each in its local store under `parley:<person>:draft:<conversation>`, so
 * that it survives switching, a reload and a crash, until `signal` aborts: nothing is kept after a sign-out.
 */
export function openDrafts(userId: string, signal?: AbortSignal): Drafts {
  /** Drafts of conversations on the screen. Others are read again, because another tab may have changed them. */
  const drafts = new Map<string, Draft>()
  const listeners = new Map<string, Set<() => void>>()
  const keyOf = (conversationId: string) => `parley:${userId}:draft:${conversationId}`
  return {
    get(conversationId) {
      const known = drafts.get(conversationId)
      if (known) return known
      const draft = parseDraft(recall(keyOf(conversationId)) ?? '')
      drafts.set(conversationId, draft)
      return draft
    },
    set(conversationId, draft) {
      const empty = draft.text === '' && !draft.replyTo && !draft.editing
      if (!signal?.aborted) keep(keyOf(conversationId), empty ? '' : JSON.stringify(draft))
      const these = listeners.get(conversationId)
      if (these) drafts.set(conversationId, draft)
      else drafts.delete(conversationId)
      for (const listener of these ?? []) listener()
    },
    subscribe(conversationId, listener) {
      const these = listeners.get(conversationId) ?? new Set()
      listeners.set(conversationId, these.add(listener))
      return () => {
        these.delete(listener)
        if (these.size > 0) return
        listeners.delete(conversationId)
        drafts.delete(conversationId)
      }
    }
  }
}

/** A draft as it was kept; Parley 0.1 kept the text alone. */
function parseDraft(kept: string): Draft {
  if (!kept.startsWith('{"')) return { ...emptyDraft, text: kept }
  try {
    const { text, replyTo, editing } = JSON.parse(kept) as Partial<Draft>
    if (typeof text === 'string') return { text, replyTo: replyTo ?? null, editing: editing ?? null }
  } catch {
    // A text that begins like a draft.
  }
  return { ...emptyDraft, text: kept }
}
