import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import type { User } from '@parley/contract/entities'
import { openStore } from '../../../server/open-store.ts'
import type { DatabaseConfig } from '../../../server/config.ts'
import type { Send, Store } from '../../../server/storage/store.ts'
import { noPostgres, sharedDatabase } from '../../harness/shared-postgres.ts'

/** A store under test, and a way to close it and open it again on the same data. */
export type StoreUnderTest = { store: Store; database: DatabaseConfig; reopen(): Promise<void> }

type Engine = {
  name: string
  /** Why it cannot be tested here; undefined where it can. */
  missing?: string | undefined
  /** An empty database; `place` is a folder of its own. */
  make: (place: string) => Promise<DatabaseConfig>
}

const sqlite: Engine = {
  name: 'SQLite',
  make: async (place) => ({ kind: 'sqlite', path: join(place, 'parley.db') })
}
const postgres: Engine = {
  name: 'Postgres',
  missing: noPostgres,
  make: async () => ({ kind: 'postgres', url: await sharedDatabase() })
}

/** One suite, every engine: `suite` runs whole on each. */
export function describeStorage(subject: string, suite: (under: StoreUnderTest) => void): void {
  for (const { name, missing, make } of [sqlite, postgres]) {
    describe.skipIf(missing)(`${subject} on ${name}${missing ? ` (${missing})` : ''}`, () => {
      const under = {} as StoreUnderTest
      let place: string
      beforeAll(async () => {
        place = await mkdtemp(join(tmpdir(), 'parley-storage-'))
        under.database = await make(place)
        under.store = await openStore(under.database)
        under.reopen = async () => {
          await under.store.close()
          under.store = await openStore(under.database)
        }
      })
      afterAll(async () => {
        await under.store.close()
        await rm(place, { recursive: true })
      })
      suite(under)
    })
  }
}

let people = 0

/** Somebody new, so that suites do not meet each other's people. */
export async function addPerson(store: Store, name = 'person'): Promise<User & { userId: number }> {
  const username = `${name}-${++people}`
  const user = await store.write('addUser', {
    username,
    key: username,
    avatarURL: null,
    githubId: null,
    now: Date.now()
  })
  return { ...user!, userId: Number(user!.id) }
}

/** Two people and their conversation. */
export async function startPair(store: Store) {
  const john = await addPerson(store, 'john')
  const jane = await addPerson(store, 'jane')
  const { id } = await store.write('startDirectConversation', { me: john, other: jane, now: Date.now() })
  return { john, jane, conversationId: id }
}

let keys = 0

/** A send with a key of its own unless one is given. */
export function sendOf(senderId: number, conversationId: number, content: string, key?: string): Send {
  return {
    senderId,
    conversationId,
    content,
    key: key ?? `key-${++keys}`,
    clientId: key ?? null,
    payloadHash: `${conversationId}:${content}`,
    now: Date.now()
  }
}
