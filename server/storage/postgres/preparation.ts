import { Kysely, PostgresDialect } from 'kysely'
import { migrate } from '../migrations/index.ts'
import { openSettings, type Settings } from '../procedures/settings.ts'
import type { Schema } from '../schema.ts'
import { openPatientPool } from './pool.ts'
import { renewEpoch } from './epoch.ts'
import { explain } from './explanation.ts'

/** Makes a database ready: checked, the schema up to date, the settings there. Throws in a line why it cannot be used. */
export async function prepareDatabase(url: string): Promise<Settings & { renewed: string | null }> {
  // One connection, and no limit of time: a change of the schema takes as long as it takes.
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: openPatientPool(url) }) })
  try {
    await migrate(db, 'postgres')
    const { result: settings } = await openSettings(db, {})
    const { epoch, renewed } = await renewEpoch(db)
    return { ...settings, epoch, renewed }
  } catch (error) {
    throw explain(error, url)
  } finally {
    await db.destroy()
  }
}
