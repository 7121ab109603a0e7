import type { Kysely } from 'kysely'
import type { Schema } from '../platform/storage/schema.ts'

/** Uses a sign-in's state up; false when it was used before. `expiresAt` (ms) is when the state is too old anyway. */
export async function useSignIn(
  db: Kysely<Schema>,
  { stateHash, expiresAt }: { stateHash: string; expiresAt: number }
): Promise<{ result: boolean }> {
  const row = await db
    .insertInto('used_sign_ins')
    .values({ state_hash: stateHash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('state_hash')
    .executeTakeFirst()
  return { result: row !== undefined }
}

export async function deleteUsedSignIns(
  db: Kysely<Schema>,
  { now }: { now: number }
): Promise<{ result: null }> {
  await db.deleteFrom('used_sign_ins').where('expires_at', '<=', now).execute()
  return { result: null }
}
