import type { ServerRole } from '@parley/contract/primitives'
import type { Store } from '../store.ts'
import { addUsers, keyOf } from '../people/people.ts'
import type { SessionChange } from '../sessions/sessions.ts'

/** Accounts in a page of a list. */
const pageSize = 1_000

/** What a command may do to accounts, wherever it runs. What it returns is JSON. */
export const accountCommands = { addUsers, setDisabled, setServerRole, listAccounts }

export type AccountCommands = typeof accountCommands
export type AccountCommandName = keyof AccountCommands
export type AccountCommandInput<Name extends AccountCommandName> = Parameters<AccountCommands[Name]>[1]
export type AccountCommandResult<Name extends AccountCommandName> = Awaited<ReturnType<AccountCommands[Name]>>

/** An account that was changed, or a name that no user has. `changes` are its sessions that ended or have another role. */
export type ChangedAccount =
  | { username: string; changes: SessionChange[] }
  | { username: string; refused: 'unknown' }

/** Disables accounts by name, or enables them again. Disabling ends the sessions of their people. */
async function setDisabled(
  store: Store,
  { usernames, disabled }: { usernames: string[]; disabled: boolean }
): Promise<ChangedAccount[]> {
  const done: ChangedAccount[] = []
  for (const username of usernames) {
    const key = await keyOf(store, username)
    const account = await store.write('setDisabled', { key, disabled, now: Date.now() })
    if (!account) done.push({ username, refused: 'unknown' })
    else {
      const { userId, endedIds } = account
      const changes = endedIds.map((sessionId) => ({ userId, sessionId, expiresAt: 0 }))
      done.push({ username: account.username, changes })
    }
  }
  return done
}

/** Gives a user a server role, by name. Their sessions stay, and have the new role on every node within a second. */
async function setServerRole(
  store: Store,
  { username, role }: { username: string; role: ServerRole }
): Promise<ChangedAccount> {
  const key = await keyOf(store, username)
  const account = await store.write('setServerRole', { key, role })
  if (!account) return { username, refused: 'unknown' }
  // Read after the commit: no session that was cached with the old role is missing.
  const changes = await store.read('listSessionsOf', { userId: account.userId, now: Date.now() })
  return { username: account.username, changes }
}

/** Accounts in the order of their names, after the key of the last one of the page before. */
async function listAccounts(store: Store, { after }: { after: string }) {
  return store.read('listAccounts', { after, limit: pageSize })
}

/** Returns the sessions that a command has changed: open streams and the caches of all nodes have yet to follow. */
export function changesBy(result: unknown): SessionChange[] {
  return [result].flat().flatMap((each) => (each as Partial<{ changes: SessionChange[] }>).changes ?? [])
}
