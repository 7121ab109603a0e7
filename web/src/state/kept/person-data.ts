import { deleteDB } from 'idb'
import { forgetKeys } from '../../lib/local-store.ts'
import { openExistingDatabase } from './existing-database.ts'

/** Prefix of every key of Web Storage that holds a person's data; their databases are `parley:ID` and `parley:ID:…`. */
const prefixOf = (userId: string) => `parley:${userId}:`

/** Deletes everything that this browser keeps of a person: drafts, outbox and state. */
export async function deletePersonData(userId: string): Promise<void> {
  forgetKeys(prefixOf(userId))
  await Promise.allSettled((await databasesOf(userId)).map(deleteDatabase))
}

async function databasesOf(userId: string): Promise<string[]> {
  const known = [`parley:${userId}`, `${prefixOf(userId)}state`, `${prefixOf(userId)}outbox`]
  // Older versions of Firefox cannot list them.
  if (!('databases' in indexedDB)) return known
  const listed = await indexedDB.databases().catch(() => [])
  return listed.flatMap(({ name }) =>
    name !== undefined && (name === known[0] || name.startsWith(prefixOf(userId))) ? name : []
  )
}

/** Empties a database, then deletes it: another tab that does not respond may hold it open for as long as it lives. */
async function deleteDatabase(name: string): Promise<void> {
  const database = await openExistingDatabase(name)
  if (!database) return
  const stores = Array.from(database.objectStoreNames)
  if (stores.length > 0) {
    const change = database.transaction(stores, 'readwrite')
    await Promise.all([...stores.map((store) => change.objectStore(store).clear()), change.done])
  }
  database.close()
  await new Promise<void>((resolve, reject) => {
    deleteDB(name, { blocked: () => resolve() }).then(resolve, reject)
  })
}
