import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** What the whole database shares: its epoch, and the secrets that every node signs with. */
export type Settings = { epoch: string; cookieSecret: string }

/** Reads the settings; makes the missing ones, at the first start. */
export async function openSettings(
  db: Kysely<Schema>,
  _input: Record<string, never>
): Promise<{ result: Settings }> {
  const made = { epoch: newEpoch(), cookieSecret: randomBytes(32).toString('base64url') }
  await db
    .insertInto('settings')
    .values(Object.entries(made).map(([name, value]) => ({ name, value })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const rows = await db.selectFrom('settings').select(['name', 'value']).execute()
  return { result: { ...made, ...Object.fromEntries(rows.map((row) => [row.name, row.value])) } }
}

/** A word that no earlier history of this database had: 60 random bits, lower case, without `-`. */
export function newEpoch(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
    .slice(-12)
}
