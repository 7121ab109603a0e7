import type { Message, Quote } from '@parley/contract/messages'
import { currentMessage, type ProblemDocument } from '@parley/contract/problems'

type Common = {
  /** A UUID, used as the idempotency key of every retry. */
  readonly clientId: string
  readonly conversationId: string
  /** RFC 3339 timestamp. */
  readonly queuedAt: string
  /** The server's refusal; null while the item is pending. */
  readonly problem: ProblemDocument | null
  /** Set before the first request. From then on the server may have acted on it. */
  readonly tried?: boolean
}

/** A message to send. */
export type SendItem = Common & {
  readonly kind: 'send'
  readonly content: string
  /** The message being replied to. */
  readonly replyTo?: Quote
  /** The message being forwarded; `content` is its text. */
  readonly forwardOf?: Pick<Quote, 'id' | 'sender'>
}

type Target = {
  /** The message's id, or the `clientId` of its send while that is still in the outbox. */
  readonly messageId: string
}

/** A new text for a message; `version` is the version that was edited. */
export type EditItem = Common & Target & { readonly kind: 'edit'; content: string; version: number }
export type DeleteItem = Common & Target & { readonly kind: 'delete' }
/** A reaction of the signed-in user, to add or to remove. */
export type ReactionItem = Common & Target & { readonly kind: 'react' | 'unreact'; emoji: string }

/** A change of a message. */
export type ChangeItem = EditItem | DeleteItem | ReactionItem
/** An action of the user that the server has not acknowledged yet. */
export type OutboxItem = SendItem | ChangeItem

/** The part of a change that the caller supplies; `newChange` adds the rest. */
export type Change =
  | Pick<EditItem, 'kind' | 'content' | 'version'>
  | Pick<DeleteItem, 'kind'>
  | Pick<ReactionItem, 'kind' | 'emoji'>

/** Persistent storage for the outbox. */
export type OutboxStorage = {
  /** Returns every item in the order of `add`. */
  list(): Promise<OutboxItem[]>
  /** Appends an item. */
  add(item: OutboxItem): Promise<void>
  /**
   * Replaces an item with the result of `change`, keeping its position; null removes it. Does nothing if the
   * item does not exist. Atomic: no other `change` of the item runs in between, in any tab.
   */
  update(clientId: string, change: (item: OutboxItem) => OutboxItem | null): Promise<void>
}

/** Returns a storage that lasts as long as the process. */
export function memoryOutbox(items: OutboxItem[] = []): OutboxStorage {
  let stored = items
  return {
    list: () => Promise.resolve(stored),
    async add(item) {
      stored = [...stored, item]
    },
    async update(clientId, change) {
      stored = stored.flatMap((item) => (item.clientId === clientId ? (change(item) ?? []) : item))
    }
  }
}

/** Returns an item for a new message. Does not send it. */
export function newOutboxItem(
  conversationId: string,
  content: string,
  nowMs: number = Date.now(),
  extras: Pick<SendItem, 'replyTo' | 'forwardOf'> = {}
): SendItem {
  return { kind: 'send', content, ...extras, ...common(conversationId, nowMs) }
}

/** Returns a change of a message, to be passed to `queueChange`. */
export function newChange(
  { conversationId, id }: Pick<Message, 'conversationId' | 'id'>,
  change: Change,
  nowMs: number = Date.now()
): ChangeItem {
  return { ...change, messageId: id, ...common(conversationId, nowMs) }
}

export function isSend(item: OutboxItem): item is SendItem {
  return item.kind === 'send'
}

/** Returns a filter for items that change this message, whether sent or still queued. */
export function isChangeOf(messageId: string): (item: OutboxItem) => item is ChangeItem {
  return (item): item is ChangeItem => item.kind !== 'send' && item.messageId === messageId
}

/**
 * Queues a refused item again under the same id, after all other items. An edit that was refused because of a
 * newer version then replaces that version.
 */
export async function retryItem(storage: OutboxStorage, clientId: string): Promise<void> {
  const item = (await storage.list()).find((item) => item.clientId === clientId)
  if (!item?.problem) return
  await storage.update(clientId, () => null)
  const current = item.kind === 'edit' ? currentMessage(item.problem) : undefined
  await storage.add({ ...item, problem: null, ...(current && { version: current.version ?? 1 }) })
}

function common(conversationId: string, nowMs: number): Common {
  return { clientId: randomUuid(), conversationId, queuedAt: new Date(nowMs).toISOString(), problem: null }
}

/** `crypto.randomUUID` exists only in secure contexts; a page on a home network may be loaded without TLS. */
function randomUuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
