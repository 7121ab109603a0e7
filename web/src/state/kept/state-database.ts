import { memoryState, type StateStorage } from '@parley/client'
import type { Cursor } from '@parley/contract/cursor'
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { closedForDeletion } from './existing-database.ts'
import { keptVersion, type KeptState } from './kept-state.ts'
import type { History } from '../model/state.ts'

type Head = {
  version: number
  cursor: Cursor
  state: Omit<KeptState, 'histories'>
  /** The stamp of each history that belongs to this state. */
  stamps: Record<string, string>
}

interface Schema extends DBSchema {
  head: { key: 'head'; value: Head }
  histories: { key: string; value: { stamp: string; history: History } }
}

export type StateDatabase = StateStorage<KeptState> & { close(): void }

const nameOf = (userId: string) => `parley:${userId}:state`

/** What this browser keeps of one person's state. The leading tab writes it; every tab begins with it. */
export async function openStateDatabase(userId: string): Promise<StateDatabase> {
  const database = await open(userId)
  // Some private windows have no database: then every page begins with a snapshot.
  if (!database) return { ...memoryState<KeptState>(), close() {} }

  /** The histories that this page has written, as they were then. */
  let written = new Map<string, { stamp: string; history: History }>()

  return {
    async load() {
      const read = database.transaction(['head', 'histories'])
      const head = await read.objectStore('head').get('head')
      if (head?.version !== keptVersion) return null
      const kept = await Promise.all(
        Object.entries(head.stamps).map(async ([id, stamp]) => {
          const row = await read.objectStore('histories').get(id)
          // Of another tab, which took itself for the leader meanwhile: it may be older than the cursor.
          return row?.stamp === stamp ? [[id, row.history] as const] : []
        })
      )
      return { cursor: head.cursor, state: { ...head.state, histories: Object.fromEntries(kept.flat()) } }
    },
    async save({ cursor, state: { histories, ...state } }) {
      const change = database.transaction(['head', 'histories'], 'readwrite')
      // Everything is asked for before anything is awaited: a page that is left has no time for a second step.
      const rows = change.objectStore('histories')
      const asked: Promise<unknown>[] = []
      if (written.size === 0) asked.push(rows.clear())
      const before = written
      written = new Map()
      for (const [id, history] of Object.entries(histories)) {
        let row = before.get(id)
        if (row?.history !== history) {
          row = { stamp: crypto.getRandomValues(new Uint32Array(3)).join('-'), history }
          asked.push(rows.put(row, id))
        }
        written.set(id, row)
      }
      for (const id of before.keys()) if (!written.has(id)) asked.push(rows.delete(id))
      const stamps = Object.fromEntries(Array.from(written, ([id, { stamp }]) => [id, stamp]))
      const head = { version: keptVersion, cursor, state, stamps }
      asked.push(change.objectStore('head').put(head, 'head'), change.done)
      // Else it would wait for the page to hear that its requests are done.
      change.commit()
      try {
        await Promise.all(asked)
      } catch (error) {
        // Nothing of it was kept, and what was there before is not known any more: the next one writes all.
        written = new Map()
        throw error
      }
    },
    clear: () => wipe(database),
    close: () => database.close()
  }
}

/** Deletes the state that this browser keeps of a user who signed out. */
export async function forgetState(userId: string): Promise<void> {
  const database = await open(userId)
  if (!database) return
  await wipe(database).finally(() => database.close())
}

function open(userId: string): Promise<IDBPDatabase<Schema> | null> {
  return openDB<Schema>(nameOf(userId), 1, {
    ...closedForDeletion,
    upgrade(database) {
      database.createObjectStore('head')
      database.createObjectStore('histories')
    }
  }).catch(() => null)
}

async function wipe(database: IDBPDatabase<Schema>): Promise<void> {
  const change = database.transaction(['head', 'histories'], 'readwrite')
  await Promise.all([
    change.objectStore('head').clear(),
    change.objectStore('histories').clear(),
    change.done
  ])
}
