import type { Message, Quote } from '@parley/contract/entities'
import type { ProblemDocument } from '@parley/contract/problems'

type Common = {
  /** A UUID. A send keeps it in every retry, so the message appears once. */
  readonly clientId: string
  readonly conversationId: string
  /** RFC 3339. */
  readonly queuedAt: string
  /** Why the server refused it; null while it is pending. */
  readonly problem: ProblemDocument | null
  /** Set before the first request: from then on the server may have it. */
  readonly tried?: boolean
}

/** A message on its way out. */
export type SendItem = Common & {
  readonly kind: 'send'
  readonly content: string
  /** The message that it answers. */
  readonly replyTo?: Quote
  /** The message that it forwards; `content` is the text of that one. */
  readonly forwardOf?: Pick<Quote, 'id' | 'sender'>
}

type Target = {
  /** The message's id; the `clientId` of its send while that is in the outbox, too. */
  readonly messageId: string
}

/** Another text for a message; `version` is the one that was edited. */
export type EditItem = Common & Target & { readonly kind: 'edit'; content: string; version: number }
export type DeleteItem = Common & Target & { readonly kind: 'delete' }
/** The sender's emoji on a message, to be added or removed. */
export type ReactionItem = Common & Target & { readonly kind: 'react' | 'unreact'; emoji: string }

/** A change of a message. */
export type ChangeItem = EditItem | DeleteItem | ReactionItem
/** What a person did that the server has not acknowledged. */
export type OutboxItem = SendItem | ChangeItem

/** The part of a change that its caller gives; `newChange` adds the rest. */
export type Change =
  | Pick<EditItem, 'kind' | 'content' | 'version'>
  | Pick<DeleteItem, 'kind'>
  | Pick<ReactionItem, 'kind' | 'emoji'>

/** Where the outbox outlives a reload. */
export type OutboxStorage = {
  /** Every item, in the order of `add`. */
  list(): Promise<OutboxItem[]>
  /** Puts an item at the end. */
  add(item: OutboxItem): Promise<void>
  /**
   * Replaces an item by what `change` returns, in its place in the order; null removes it. Does nothing if there is no
   * such item.
   * Atomic: no other `change` of the item runs in between, in any tab.
   */
  update(clientId: string, change: (item: OutboxItem) => OutboxItem | null): Promise<void>
}

/** An outbox that ends with the process. */
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

/** A message to be added; nothing is sent by this. */
export function newOutboxItem(
  conversationId: string,
  content: string,
  nowMs: number = Date.now(),
  extras: Pick<SendItem, 'replyTo' | 'forwardOf'> = {}
): SendItem {
  return { kind: 'send', content, ...extras, ...common(conversationId, nowMs) }
}

/** A change of a message, to be given to `queueChange`. */
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

/** Whether an item changes this message, or one that is to be sent. */
export function isChangeOf(messageId: string): (item: OutboxItem) => item is ChangeItem {
  return (item): item is ChangeItem => item.kind !== 'send' && item.messageId === messageId
}

/**
 * Queues a refused item again under the same id, after the items queued since. An edit that was refused because of a
 * newer version then replaces that version.
 */
export async function retryItem(storage: OutboxStorage, clientId: string): Promise<void> {
  const item = (await storage.list()).find((item) => item.clientId === clientId)
  if (!item?.problem) return
  await storage.update(clientId, () => null)
  const current = item.kind === 'edit' ? item.problem.current : undefined
  await storage.add({ ...item, problem: null, ...(current && { version: current.version ?? 1 }) })
}

function common(conversationId: string, nowMs: number): Common {
  return { clientId: randomUuid(), conversationId, queuedAt: new Date(nowMs).toISOString(), problem: null }
}

/** `crypto.randomUUID` is missing where a page was not loaded over TLS, as in a home network. */
function randomUuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
