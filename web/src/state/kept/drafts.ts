import { keep, listKeys, recall, watchKeys } from '../../lib/local-store.ts'
import { emptyDraft, type Draft } from '../model/draft.ts'
import { fromWire, isEmpty, isSame, isSamePart, merge, toWire } from '../model/draft-merge.ts'

/** What this browser keeps of a draft. */
export type DraftRecord = {
  readonly draft: Draft
  /** The server's value that it was derived from, and its version. */
  readonly base: { readonly version: number; readonly draft: Draft }
  /** The value sent to replace it, until the server answers. Without an answer, the server may have stored it anyway. */
  readonly sent: Draft | null
}

/** Follows the drafts for their synchronisation. */
export type DraftObserver = {
  /** A draft was changed by its person, in any tab. */
  changed?: (conversationId: string) => void
  /** A field was left: what was written is to be saved now. */
  left?: () => void
}

export type Drafts = ReturnType<typeof openDrafts>

/** The draft on the screen, and the text of the record that it was read from. */
type Shown = { draft: Draft; text: string; waiting: Draft | null }

/**
 * The drafts of one person. This browser keeps each in its local store under `parley:<person>:draft:<conversation>`, for all its
 * tabs, until `signal` aborts: nothing is kept after a sign-out.
 */
export function openDrafts(userId: string, signal?: AbortSignal) {
  const prefix = `parley:${userId}:draft:`
  const shown = new Map<string, Shown>()
  const listeners = new Map<string, Set<() => void>>()
  const held = new Set<string>()
  const observers = new Set<DraftObserver>()

  const textAt = (conversationId: string) => recall(prefix + conversationId) ?? ''
  const observe = (conversationId: string) => {
    for (const observer of observers) observer.changed?.(conversationId)
  }

  function write(conversationId: string, { draft, base, sent }: DraftRecord): string {
    // Without a base, the server's value is read again.
    const none = isEmpty(draft) && isEmpty(base.draft) && sent === null
    const kept = {
      ...draft,
      base: { version: base.version, draft: toWire(base.draft) },
      ...(sent && { sent: { draft: toWire(sent) } })
    }
    const text = none ? '' : JSON.stringify(kept)
    if (!signal?.aborted) keep(prefix + conversationId, text)
    return text
  }

  function show(conversationId: string, next: Shown): void {
    const these = listeners.get(conversationId)
    if (these) shown.set(conversationId, next)
    else shown.delete(conversationId)
    for (const listener of these ?? []) listener()
  }

  /** Shows the record as it is now, unless its person is writing. What was sent or cleared elsewhere goes at once. */
  function follow(conversationId: string): void {
    const now = shown.get(conversationId)
    const text = textAt(conversationId)
    if (!now || (now.text === text && now.waiting === null)) return
    const { draft } = parseRecord(text)
    if (isSame(draft, now.draft)) return show(conversationId, { ...now, text, waiting: null })
    const waits = held.has(conversationId) && !isEmpty(draft) && !isSamePart(draft, now.draft)
    if (waits) show(conversationId, { ...now, waiting: draft })
    else show(conversationId, { draft, text, waiting: null })
  }

  function store(conversationId: string, draft: Draft): void {
    const text = write(conversationId, { ...parseRecord(textAt(conversationId)), draft })
    show(conversationId, { draft, text, waiting: null })
    observe(conversationId)
  }

  function shownIn(conversationId: string): Shown {
    const known = shown.get(conversationId)
    if (known) return known
    const text = textAt(conversationId)
    const first = { draft: parseRecord(text).draft, text, waiting: null }
    shown.set(conversationId, first)
    return first
  }

  watchKeys(
    prefix,
    (key) => {
      const changed = key === null ? [...shown.keys()] : [key.slice(prefix.length)]
      for (const conversationId of changed) {
        follow(conversationId)
        if (!listeners.has(conversationId)) shown.delete(conversationId)
        if (key !== null) observe(conversationId)
      }
    },
    signal
  )

  return {
    /** Returns the draft of a conversation as it is on the screen; the same object until it changes. */
    get: (conversationId: string): Draft => shownIn(conversationId).draft,
    /** Returns what it became elsewhere while its person was writing here; null where nothing waits. */
    waiting: (conversationId: string): Draft | null => shownIn(conversationId).waiting,
    /** Changes a draft. What it became elsewhere meanwhile is kept beside it. */
    set(conversationId: string, draft: Draft): void {
      const before = shown.get(conversationId)
      const text = textAt(conversationId)
      const missed = before !== undefined && before.text !== text
      store(conversationId, missed ? merge(draft, before.draft, parseRecord(text).draft) : draft)
    },
    /** Changes a draft in place of whatever it became elsewhere. */
    replace: store,
    /** Calls back whenever the draft of a conversation changes; returns how to stop that. */
    subscribe(conversationId: string, listener: () => void): () => void {
      const these = listeners.get(conversationId) ?? new Set()
      listeners.set(conversationId, these.add(listener))
      return () => {
        these.delete(listener)
        if (these.size > 0) return
        listeners.delete(conversationId)
        shown.delete(conversationId)
      }
    },
    /** Tells whether its person is writing in the field of a conversation: changes from elsewhere then wait. */
    hold(conversationId: string, isWriting: boolean): void {
      if (isWriting) held.add(conversationId)
      else held.delete(conversationId)
      follow(conversationId)
    },
    /** The field was left: saves what was written. */
    leave(): void {
      for (const observer of observers) observer.left?.()
    },
    /** Conversations of which something is kept. */
    list: (): string[] => listKeys(prefix).map((key) => key.slice(prefix.length)),
    read: (conversationId: string): DraftRecord => parseRecord(textAt(conversationId)),
    /** Keeps a record that was synchronised. */
    write(conversationId: string, record: DraftRecord): void {
      write(conversationId, record)
      follow(conversationId)
    },
    observe(observer: DraftObserver): () => void {
      observers.add(observer)
      return () => observers.delete(observer)
    }
  }
}

const noBase: DraftRecord['base'] = { version: 0, draft: emptyDraft }

/** A draft as it was kept; Parley 0.1 kept the text alone. */
function parseRecord(kept: string): DraftRecord {
  const textAlone = { draft: { ...emptyDraft, text: kept }, base: noBase, sent: null }
  if (!kept.startsWith('{"')) return textAlone
  try {
    const { text, replyTo, editing, others, base, sent } = JSON.parse(kept) as Partial<Draft> & {
      base?: { version: number; draft: unknown }
      sent?: { draft: unknown }
    }
    if (typeof text !== 'string') return textAlone
    const draft = { text, replyTo: replyTo ?? null, editing: editing ?? null, others: others ?? [] }
    return {
      draft,
      base: base ? { version: base.version, draft: fromWire(base.draft) } : noBase,
      sent: sent ? fromWire(sent.draft) : null
    }
  } catch {
    // A text that begins like a draft.
  }
  return textAlone
}
