import { openDB, type DBSchema, type IDBPDatabase } from 'idb'

/** Opens a database of this browser, or returns null where there is none: it is not created. */
export function openExistingDatabase<Schema extends DBSchema>(
  name: string
): Promise<IDBPDatabase<Schema> | null> {
  return openDB<Schema>(name, undefined, {
    // Called for a new database only, for no version is asked for.
    upgrade(_database, _oldVersion, _newVersion, creation) {
      creation.done.catch(() => {})
      creation.abort()
    }
  }).catch(() => null)
}

/** For `openDB`: closes the database when another tab deletes it, which would wait for this one. */
export const closedForDeletion = {
  blocking: (_current: number, _blocked: number | null, event: IDBVersionChangeEvent): void =>
    (event.target as IDBDatabase).close()
}
