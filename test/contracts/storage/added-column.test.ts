import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DatabaseConfig } from '../../../server/config.ts'
import { openStore } from '../../../server/open-store.ts'
import { columns } from '../../../server/platform/storage/columns.ts'
import type { AddedColumnInput, AddedColumnResult, View } from '../../fixtures/added-column-run.ts'
import { sendOf, startGroup, startPair } from '../../fixtures/people.ts'
import { noPostgres, sharedDatabase } from '../../harness/shared-postgres.ts'
import { describeEngines, openKyselyOn } from './engines.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')

/** Runs `added-column-run.ts` on Parley's sources with two more columns, including its threads. */
async function runWithColumns(input: AddedColumnInput): Promise<AddedColumnResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(fixtures, 'added-column-run.ts'), JSON.stringify(input)],
    { env: { ...process.env, NODE_OPTIONS: `--import=${join(fixtures, 'added-column.ts')}` } }
  )
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as AddedColumnResult
}

const ofMessage = { origin: 'origin of message' }
const older = { old: { mood: null } }
const newer = { new: { mood: 'mood of new' }, reply: { mood: 'mood of reply' } }
const inLogs = {
  old: { mood: null, origin: null },
  new: { mood: 'mood of new', ...ofMessage },
  reply: { mood: 'mood of reply', ...ofMessage }
}

function expectColumns({ page, john, jane, owner }: View): void {
  expect(page).toEqual({ ...older, ...newer })
  expect(john).toEqual(inLogs)
  expect(jane).toMatchObject(inLogs)
  const renamed = Object.keys(owner).find((content) => content.includes('renamed'))!
  expect(owner[renamed]).toEqual({ mood: `mood of ${renamed}`, origin: 'origin of conversation_renamed' })
}

describeEngines('A column that is added in one place', (make) => {
  let place: string
  let database: DatabaseConfig
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-column-'))
    database = await make(place)
  })
  afterEach(() => rm(place, { recursive: true }))

  test('U1: of messages and events is written and read everywhere, and keeps its value', async () => {
    const store = await openStore(database)
    const { john, jane, conversationId } = await startPair(store)
    const group = await startGroup(store, ['jane'])
    await store.send(sendOf(john.userId, conversationId, 'old'))
    await store.close()
    const target = database.kind === 'sqlite' && !noPostgres ? await sharedDatabase() : null
    const { answers, views, doctor } = await runWithColumns({
      database,
      john: john.userId,
      jane: jane.userId,
      conversationId,
      owner: group.john.userId,
      groupId: group.conversationId,
      target
    })
    expect(answers).toEqual(answers.map(() => ({ new: { mood: 'mood of new' } })))
    const looked =
      database.kind === 'sqlite'
        ? ['written', 'merged', 'backed up', 'opened again']
        : ['written', 'opened again']
    expect(Object.keys(views)).toEqual(target ? [...looked, 'moved'] : looked)
    for (const [after, view] of Object.entries(views)) {
      expectColumns(view)
      expect(view, after).toEqual(views['written'])
    }
    expect(doctor).toEqual(target ? [0, 0] : [0])
  })

  test('U1: the columns named by the server are those of the migrated database, in the view and tables', async () => {
    await (await openStore(database)).close()
    const db = openKyselyOn(database)
    const named = Object.entries(columns).map(([table, names]) => [table, Object.keys(names)] as const)
    const split = { inbox_events: ['older_events', 'recent_events'], sends: ['older_sends', 'recent_sends'] }
    for (const [table, names] of named) {
      const parts = database.kind === 'sqlite' && table in split ? split[table as keyof typeof split] : []
      for (const each of [table, ...parts]) {
        const query =
          database.kind === 'sqlite'
            ? sql<{ name: string }>`SELECT name FROM pragma_table_info(${each})`
            : sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name = ${each}`
        const { rows } = await query.execute(db)
        expect(rows.map(({ name }) => name).toSorted(), each).toEqual(names.toSorted())
      }
    }
    await db.destroy()
  })
})
