import { setTimeout as delay } from 'node:timers/promises'
import { askServer, commandSocketPath, whyNoSocket } from './command-socket.ts'
import type { Config } from '../config.ts'
import { openDataDir } from '../platform/storage/data-dir.ts'
import {
  accountCommands,
  changesBy,
  type AccountCommandInput,
  type AccountCommandName,
  type AccountCommandResult
} from '../accounts/accounts.ts'
import type { SessionChange } from '../sessions/sessions.ts'
import { openStoreForCommand } from '../open-store.ts'
import { DatabaseInUse } from '../platform/storage/sqlite/database-lock.ts'
import type { Store } from '../store.ts'

/** How long a server that starts, stops or runs another command is waited for. */
const busyMs = 5_000
const retryMs = 100

/**
 * Runs a command on the accounts of a database, whether Parley runs or not. A SQLite file has one writer: the server that
 * runs is asked through its socket, and where none runs the command takes the lock. On Postgres the command writes itself,
 * and tells the nodes which sessions changed. Throws why it cannot, in a line.
 */
export async function runAccountCommand<Name extends AccountCommandName>(
  config: Pick<Config, 'database' | 'dataDir' | 'nats'>,
  name: Name,
  input: AccountCommandInput<Name>
): Promise<AccountCommandResult<Name>> {
  const { database, dataDir } = config
  if (database.kind === 'postgres') {
    return withStore(await openStoreForCommand(database), name, input, (changes, store) =>
      tellNodes(config, store, changes)
    )
  }
  await openDataDir(dataDir)
  const path = commandSocketPath(dataDir)
  const impossible = whyNoSocket(path)
  const until = performance.now() + busyMs
  for (;;) {
    const answer = impossible === null ? await askServer(path, database.path, name, input) : null
    if (answer) return answer.result
    const store = await openStoreForCommand(database).catch((error: unknown) => {
      if (!(error instanceof DatabaseInUse)) throw error
      if (performance.now() < until && impossible === null) return null
      const why = impossible ?? `it does not answer at ${path}; is DATA_DIR the one that it was started with?`
      throw new Error(`Parley runs on ${database.path}, and the command cannot reach it: ${why}`)
    })
    if (store) return withStore(store, name, input)
    await delay(retryMs)
  }
}

async function withStore<Name extends AccountCommandName>(
  store: Store,
  name: Name,
  input: AccountCommandInput<Name>,
  tell: (changes: SessionChange[], store: Store) => Promise<void> = async () => {}
): Promise<AccountCommandResult<Name>> {
  try {
    const run = accountCommands[name] as (store: Store, input: unknown) => Promise<AccountCommandResult<Name>>
    const result = await run(store, input)
    await tell(changesBy(result), store)
    return result
  } finally {
    await store.close()
  }
}

/** Nodes that miss it look for themselves a few seconds later. */
async function tellNodes(
  { nats }: Pick<Config, 'nats'>,
  store: Store,
  changes: SessionChange[]
): Promise<void> {
  if (changes.length === 0) return
  for (const change of changes) await store.notices?.publish(JSON.stringify(change))
  if (!nats) return
  const { NatsBus } = await import('../platform/realtime/nats-bus.ts')
  const bus = await NatsBus.open(nats, { epoch: store.epoch })
  for (const change of changes) bus.publishSession(change)
  await bus.close()
}
