import { join } from 'node:path'
import { runAccountCommand } from '../../server/commands/account-command.ts'
import { openStoreForCommand } from '../../server/open-store.ts'
import type { DatabaseConfig } from '../../server/config.ts'
import { startParley } from '../harness/parley.ts'
import { createDatabase, startPostgres } from '../harness/postgres.ts'
import { actorFaults, pause, startRecord, type Random, type StormRecord } from './storm-record.ts'
import { limited } from './storm-link.ts'
import { runThrough, stormEnv, type StormOptions, type StormResult } from './storm-run.ts'

const ownFaults = ['server killed (SIGKILL)', 'server drained (SIGTERM)', ...actorFaults]

/** Runs a storm on one Parley, with SQLite by default. */
export async function runStorm(
  options: StormOptions & { engine?: DatabaseConfig['kind'] }
): Promise<StormResult> {
  await using stack = new AsyncDisposableStack()
  const postgres = options.engine === 'postgres' ? stack.use(await startPostgres()) : null
  const url = postgres && (await createDatabase(postgres.adminUrl))
  const parley = stack.use(
    await startParley({
      env: {
        ...stormEnv,
        ...(options.rateLimits && { PARLEY_RATE_LIMITS: 'on' }),
        ...(url && { DATABASE_URL: url })
      }
    })
  )
  const database: DatabaseConfig = url
    ? { kind: 'postgres', url }
    : { kind: 'sqlite', path: join(parley.dataDir, 'parley.db') }
  let wholeSince = performance.now()

  async function killServer(record: StormRecord, random: Random): Promise<void> {
    for (let round = 1; !record.calm && !record.broken; round++) {
      await pause(300 + random() * 1_500)
      const drained = round % 4 === 2
      record.inject(drained ? 'server drained (SIGTERM)' : 'server killed (SIGKILL)')
      wholeSince = Infinity
      const exit = await parley.kill(drained ? 'SIGTERM' : 'SIGKILL')
      // A process that had died by itself has another signal or code.
      if (drained ? exit.code !== 0 : exit.signal !== 'SIGKILL') {
        record.violate(`the server exited unexpectedly: ${JSON.stringify(exit)}`)
      }
      await pause(random() < 0.5 ? 0 : random() * 500)
      await parley.restart()
      wholeSince = performance.now()
      record.note('server back')
    }
  }

  const world = {
    url: () => parley.url,
    signIn: { url: () => parley.url, host: () => new URL(parley.url).host },
    wasHealthy: (since: number) => since >= wholeSince,
    sessionLagMs: 0,
    rateLimits: options.rateLimits ?? false,
    breakers: [killServer],
    async addUsers(usernames: string[]) {
      await runAccountCommand({ database, dataDir: parley.dataDir, nats: null }, 'addUsers', usernames)
    },
    output: () => parley.output(),
    async inspect(record: StormRecord) {
      await parley.kill()
      await findFaults(database, record)
    }
  }
  const faults = [...ownFaults, ...(options.rateLimits ? [limited] : [])]
  return await runThrough(world, startRecord(faults), options)
}

/** Checks the database's consistency. */
export async function findFaults(database: DatabaseConfig, record: StormRecord): Promise<void> {
  const store = await openStoreForCommand(database)
  for (const { finding, rows } of await store.read('listFindings', {})) {
    record.violate(`database finding: ${finding} (${rows})`)
  }
  await store.close()
}
