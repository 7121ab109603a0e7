import type { Quote } from '@parley/contract/entities'
import type { ProblemDocument } from '@parley/contract/errors'

/** A message on its way out. It keeps its `clientId` in every try, so it appears once. */
export type OutboxItem = {
  /** A UUID. */
  readonly clientId: string
  readonly conversationId: string
  readonly content: string
  /** The message that it answers. */
  readonly replyTo?: Quote
  /** The message that it passes on; `content` is what that one says. */
  readonly forwardOf?: Pick<Quote, 'id' | 'sender'>
  /** RFC 3339. */
  readonly queuedAt: string
  /** Why the server will not take it; null while it is pending. */
  readonly problem: ProblemDocument | null
}

/** Where the outbox outlives a reload. */
export type OutboxStorage = {
  /** Every item, in the order of `add`. */
  list(): Promise<OutboxItem[]>
  /** Puts an item at the end. */
  add(item: OutboxItem): Promise<void>
  /** Puts an item in the place of the one with its `clientId`, if there is one. */
  replace(item: OutboxItem): Promise<void>
  remove(clientId: string): Promise<void>
}

/** An outbox that ends with the process. */
export function memoryOutbox(items: OutboxItem[] = []): OutboxStorage {
  let stored = items
  return {
    list: () => Promise.resolve(stored),
    async add(item) {
      stored = [...stored, item]
    },
    async replace(item) {
      stored = stored.map((other) => (other.clientId === item.clientId ? item : other))
    },
    async remove(clientId) {
      stored = stored.filter((item) => item.clientId !== clientId)
    }
  }
}

/** A new item, to be added; nothing is sent by this. */
export function newOutboxItem(
  conversationId: string,
  content: string,
  nowMs: number = Date.now(),
  extras: Pick<OutboxItem, 'replyTo' | 'forwardOf'> = {}
): OutboxItem {
  return {
    clientId: randomUuid(),
    conversationId,
    content,
    ...extras,
    queuedAt: new Date(nowMs).toISOString(),
    problem: null
  }
}

/** Offers an item that failed to the server again, after whatever was queued meanwhile, under the same id. */
export async function retryItem(storage: OutboxStorage, clientId: string): Promise<void> {
  const item = (await storage.list()).find((item) => item.clientId === clientId)
  if (!item?.problem) return
  await storage.remove(clientId)
  await storage.add({ ...item, problem: null })
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
