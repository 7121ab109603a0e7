import { memoryOutbox, systemClock, type OutboxItem, type OutboxStorage } from '@parley/client'
import { wait } from '@parley/client/clock'
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { closedForDeletion, openExistingDatabase } from './existing-database.ts'

interface Schema extends DBSchema {
  outbox: { key: number; value: OutboxItem & { order?: number }; indexes: { clientId: string } }
}

const moveMs = 2_000
const never = new AbortController().signal

export type OutboxDatabase = OutboxStorage & { close(): void }

/**
 * The outbox of one person in this browser, `<name>:outbox`: all tabs share it, and it survives them. It has a name of
 * its own because a tab of Parley 0.1 may still be open: that one would post an edit as a message.
 */
export async function openOutboxDatabase(name: string): Promise<OutboxDatabase> {
  const database = await openDB<Schema>(`${name}:outbox`, 1, {
    ...closedForDeletion,
    upgrade(database) {
      // The key gives the order in which items were added, whatever the clock did.
      const items = database.createObjectStore('outbox', { keyPath: 'order', autoIncrement: true })
      items.createIndex('clientId', 'clientId', { unique: true })
    }
  }).catch(() => null)
  // Some private windows have no database: then the outbox ends with the tab.
  if (!database) return { ...memoryOutbox(), close() {} }
  // A tab that sleeps may hold the old one for as long as it likes.
  await Promise.race([moveOld(name, database).catch(() => {}), wait(systemClock, moveMs, never)])

  return {
    list: () => database.getAll('outbox'),
    async add(item) {
      // One that was here before comes without its place.
      const { order: _, ...bare } = item as Schema['outbox']['value']
      await database.add('outbox', bare)
    },
    async update(clientId, change) {
      const transaction = database.transaction('outbox', 'readwrite')
      const item = await transaction.store.index('clientId').get(clientId)
      if (item?.order !== undefined) {
        const { order } = item
        const changed = change(item)
        if (changed) await transaction.store.put({ ...changed, order })
        else await transaction.store.delete(order)
      }
      await transaction.done
    },
    close: () => database.close()
  }
}

/** Moves what Parley 0.1 kept in `<name>`: messages to be sent, without a `kind`. */
async function moveOld(name: string, database: IDBPDatabase<Schema>): Promise<void> {
  const old = await openExistingDatabase<Schema>(name)
  if (!old) return
  try {
    const items = await old.getAll('outbox')
    const transaction = database.transaction('outbox', 'readwrite')
    for (const { order: _, ...item } of items) {
      // Another tab may have moved it a moment ago.
      if ((await transaction.store.index('clientId').getKey(item.clientId)) !== undefined) continue
      await transaction.store.add({ ...item, kind: 'send' } as OutboxItem)
    }
    await transaction.done
    for (const { order } of items) await old.delete('outbox', order!)
  } finally {
    old.close()
  }
}
