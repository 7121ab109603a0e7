import { isSameEmoji } from '@parley/contract/text/emoji'
import type { Message } from '@parley/contract/messages'
import {
  isChangeOf,
  isSend,
  type ChangeItem,
  type EditItem,
  type OutboxItem,
  type OutboxStorage,
  type SendItem
} from './outbox.ts'

/**
 * Queues a change of a message and merges it with unposted items. An edit merges into the send or the
 * previous edit, a reaction cancels its opposite. A posted reaction stays before its opposite: the message shows both until
 * their events arrive. A deletion drops an unposted send and all earlier changes of the message.
 */
export async function queueChange(storage: OutboxStorage, item: ChangeItem): Promise<void> {
  const { messageId } = item
  const items = await storage.list()
  const send = items.find(({ clientId }) => clientId === messageId)
  const earlier = items.filter(isChangeOf(messageId))
  if (item.kind === 'delete') {
    for (const change of earlier) await drop(storage, change)
    if (send && (await dropUnposted(storage, send))) return
  } else if (item.kind === 'edit') {
    const edits = earlier.filter(({ kind }) => kind === 'edit')
    for (const edit of edits) if (edit.problem) await drop(storage, edit)
    const last = edits.findLast(({ problem }) => problem === null) ?? send
    if (last && (await mergeText(storage, last, item.content))) return
  } else {
    const same = earlier.filter((change) => 'emoji' in change && isSameEmoji(change.emoji, item.emoji))
    let undone = false
    for (const change of same) {
      const unposted = await dropUnposted(storage, change)
      undone ||= unposted && change.kind !== item.kind && change.problem === null
    }
    if (undone) return
  }
  await storage.add(item)
}

/** Gives the changes that waited for a message's send or edit the message's id and version. */
export async function resolveChanges(
  storage: OutboxStorage,
  done: SendItem | EditItem,
  message: Message
): Promise<void> {
  const target = isSend(done) ? done.clientId : done.messageId
  const { id: messageId, version = 1 } = message
  for (const change of (await storage.list()).filter(isChangeOf(target))) {
    if (change.clientId === done.clientId) continue
    await storage.update(change.clientId, (item) =>
      item.kind === 'edit'
        ? { ...item, messageId, version: item.problem ? item.version : Math.max(item.version, version) }
        : { ...item, messageId }
    )
  }
}

/** Merges the changes of a refused message into its send, so that one item holds all of them. */
export async function mergeRefused(storage: OutboxStorage, send: SendItem): Promise<void> {
  for (const change of (await storage.list()).filter(isChangeOf(send.clientId))) {
    await drop(storage, change)
    if (change.kind === 'delete') await drop(storage, send)
    if (change.kind !== 'edit') continue
    // The new text may be accepted.
    await storage.update(send.clientId, (item) => ({ ...item, content: change.content, problem: null }))
  }
}

/**
 * Returns whether a later edit or deletion of the same message is queued. Such a change replaces this edit,
 * so its refusal needs no report.
 */
export async function isSuperseded(storage: OutboxStorage, edit: EditItem): Promise<boolean> {
  const edits = (await storage.list()).filter(isChangeOf(edit.messageId))
  const later = edits.slice(edits.findIndex(({ clientId }) => clientId === edit.clientId) + 1)
  return later.some(({ kind }) => kind === 'edit' || kind === 'delete')
}

function drop(storage: OutboxStorage, { clientId }: OutboxItem): Promise<void> {
  return storage.update(clientId, () => null)
}

/** Drops an item unless it was posted. Returns whether it was dropped. */
async function dropUnposted(storage: OutboxStorage, { clientId }: OutboxItem): Promise<boolean> {
  let dropped = false
  await storage.update(clientId, (item) => {
    dropped = !item.tried || item.problem !== null
    return dropped ? null : item
  })
  return dropped
}

/** Replaces the text of an item unless it was posted. Returns whether it was replaced. */
async function mergeText(
  storage: OutboxStorage,
  { clientId }: OutboxItem,
  content: string
): Promise<boolean> {
  let merged = false
  await storage.update(clientId, (item) => {
    merged = (!item.tried || item.problem !== null) && (item.kind === 'edit' || item.kind === 'send')
    return merged ? ({ ...item, content, problem: null } as OutboxItem) : item
  })
  return merged
}
