import { Kysely, PostgresDialect } from 'kysely'
import { migrate } from '../migrations/index.ts'
import { openSettings, type Settings } from '../procedures/settings.ts'
import type { Schema } from '../schema.ts'
import { readIdentity, renewEpoch, type Identity } from './epoch.ts'
import { explain } from './explanation.ts'
import { openPool } from './pool.ts'

/** What is known of a database once it is ready; `renewed` is why its epoch was replaced, or null. */
export type Prepared = Settings & { renewed: string | null; identity: Identity | null }

/** Makes a database ready: checked, the schema up to date, the settings there. Throws in a line why it cannot be used. */
export async function prepareDatabase(url: string): Promise<Prepared> {
  const pool = openPool(url, { max: 1, patient: true })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  try {
    await migrate(db, 'postgres')
    const { result: settings } = await openSettings(db, {})
    const client = await pool.connect()
    const identity = await readIdentity(client).finally(() => client.release())
    return { ...settings, ...(await renewEpoch(db, identity)), identity }
  } catch (error) {
    throw explain(error, url)
  } finally {
    await db.destroy()
  }
}
