import type { Store } from '../store.ts'
import { addUsers, keyOf } from '../people/people.ts'
import type { SessionChange } from '../sessions/sessions.ts'

/** Accounts in a page of a list. */
const pageSize = 1_000

/** What a command may do to accounts, wherever it runs. What it returns is JSON. */
export const accountCommands = { addUsers, setDisabled, listAccounts }

export type AccountCommands = typeof accountCommands
export type AccountCommandName = keyof AccountCommands
export type AccountCommandInput<Name extends AccountCommandName> = Parameters<AccountCommands[Name]>[1]
export type AccountCommandResult<Name extends AccountCommandName> = Awaited<ReturnType<AccountCommands[Name]>>

/** An account that was disabled or enabled, or a name that no user has; `changes` are the sessions that ended. */
export type DisabledAccount =
  | { username: string; changes: SessionChange[] }
  | { username: string; refused: 'unknown' }

/** Disables accounts by name, or enables them again. Disabling ends the sessions of their people. */
async function setDisabled(
  store: Store,
  { usernames, disabled }: { usernames: string[]; disabled: boolean }
): Promise<DisabledAccount[]> {
  const done: DisabledAccount[] = []
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

/** Accounts in the order of their names, after the key of the last one of the page before. */
async function listAccounts(store: Store, { after }: { after: string }) {
  return store.read('listAccounts', { after, limit: pageSize })
}

/** The sessions that a command has ended: their streams, and what other nodes remember of them, have yet to end. */
export function endedBy(result: unknown): SessionChange[] {
  if (!Array.isArray(result)) return []
  return result.flatMap((each: Partial<{ changes: SessionChange[] }>) => each.changes ?? [])
}
