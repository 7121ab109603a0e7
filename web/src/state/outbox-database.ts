import { memoryOutbox, type OutboxItem, type OutboxStorage } from '@parley/client'
import { openDB, type DBSchema } from 'idb'

interface Schema extends DBSchema {
  outbox: { key: number; value: OutboxItem & { order?: number }; indexes: { clientId: string } }
}

export type OutboxDatabase = OutboxStorage & { close(): void }

/** The outbox of one person in this browser: all tabs share it, and it survives them. */
export async function openOutboxDatabase(name: string): Promise<OutboxDatabase> {
  const database = await openDB<Schema>(name, 1, {
    upgrade(database) {
      // The key gives the order in which items were added, whatever the clock did.
      const items = database.createObjectStore('outbox', { keyPath: 'order', autoIncrement: true })
      items.createIndex('clientId', 'clientId', { unique: true })
    },
    // Another tab deletes it: this one must not hold it open.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close()
  }).catch(() => null)
  // Some private windows have no database: then the outbox ends with the tab.
  if (!database) return { ...memoryOutbox(), close() {} }

  return {
    list: () => database.getAll('outbox'),
    async add(item) {
      // One that was here before comes without its place.
      const { order: _, ...bare } = item as Schema['outbox']['value']
      await database.add('outbox', bare)
    },
    async replace(item) {
      const change = database.transaction('outbox', 'readwrite')
      const order = await change.store.index('clientId').getKey(item.clientId)
      if (order !== undefined) await change.store.put({ ...item, order })
      await change.done
    },
    async remove(clientId) {
      const change = database.transaction('outbox', 'readwrite')
      const order = await change.store.index('clientId').getKey(clientId)
      if (order !== undefined) await change.store.delete(order)
      await change.done
    },
    close: () => database.close()
  }
}
