import type { Kysely } from 'kysely'
import { allChanges } from '../migrations/index.ts'
import { newerLine, readSchemaState, UnfitSchema } from '../migrations/schema-state.ts'
import type { Schema } from '../schema.ts'

const everyMs = 3_000

type Watch = {
  /** Called once for each set of compatible changes that a newer version made. */
  onAdded: (names: string[]) => void
  /** Called once when a newer version broke with this one. */
  onBroken: (error: UnfitSchema) => void
}

/** Looks every few seconds whether a newer version has changed the schema while this node runs. */
export function watchSchema(db: Kysely<Schema>, { onAdded, onBroken }: Watch): { close(): Promise<void> } {
  let timer: NodeJS.Timeout
  let looking = Promise.resolve()
  let closed = false
  let known = ''

  async function look(): Promise<void> {
    const { newer, broken } = await readSchemaState(db, 'postgres', Object.keys(allChanges))
    const names = newer.join()
    if (names === known) return
    known = names
    if (broken) onBroken(new UnfitSchema(newerLine(newer)))
    else if (newer.length > 0) onAdded(newer)
  }
  function wait(): void {
    if (closed) return
    timer = setTimeout(() => {
      // What cannot be asked now is asked the next time; that Postgres is away is said elsewhere.
      looking = look().then(wait, wait)
    }, everyMs)
    timer.unref()
  }
  wait()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      return looking
    }
  }
}
