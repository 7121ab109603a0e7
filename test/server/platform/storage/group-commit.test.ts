import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { restoreEvents } from '../../../../server/platform/storage/sqlite/transfer.ts'
import {
  openGroupCommit,
  type GroupCommitOptions
} from '../../../../server/platform/storage/sqlite/group-commit.ts'
import type { Call, Report } from '../../../../server/platform/storage/sqlite/worker-messages.ts'

let database: DatabaseSync
let reports: Report[]
let forgotten: number
beforeEach(() => {
  database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY)')
  reports = []
  forgotten = 0
})
afterEach(() => database.close())

const call = (id: number, name = 'note'): Call => ({ id, kind: 'write', name, input: null })
const notes = () =>
  database
    .prepare('SELECT id FROM notes ORDER BY id')
    .all()
    .map((row) => row['id'])

function commit(changes: Partial<GroupCommitOptions> = {}) {
  return openGroupCommit(database, {
    runWrite({ id, ...rest }) {
      database.prepare('INSERT INTO notes (id) VALUES (?)').run(id)
      if (rest.kind === 'write' && rest.name === 'bad') throw new Error('a bad call')
      const event = { name: 'message' as const, json: '{}', to: [{ userId: 7, seq: id }] }
      return { result: `note ${id}`, committed: [event] }
    },
    forget: () => void forgotten++,
    beforeReport: [() => {}, () => {}],
    report: (report) => void reports.push(structuredClone(report)),
    afterReport: () => {},
    ...changes
  })
}

const broken = () => {
  throw new Error('broken after COMMIT')
}
const points: Record<string, Partial<GroupCommitOptions>> = {
  'the first step before the report': { beforeReport: [broken, () => {}] },
  'the last step before the report': { beforeReport: [() => {}, broken] },
  'every step before the report': { beforeReport: [broken, broken] },
  'the step after the report': { afterReport: broken }
}

test.each(Object.entries(points))(
  'D6: a failure after COMMIT, in %s, refuses nothing: both calls are answered, and their events are reported',
  async (_point, changes) => {
    await commit(changes)([call(1), call(2)])
    expect(notes()).toEqual([1, 2])
    expect(reports[0]!.answers).toEqual([
      { id: 1, ok: true, result: 'note 1' },
      { id: 2, ok: true, result: 'note 2' }
    ])
    expect(restoreEvents(reports[0]!.committed).flatMap(({ to }) => to)).toEqual([
      { userId: 7, seq: 1 },
      { userId: 7, seq: 2 }
    ])
    expect(forgotten).toBe(0)
    expect(reports.flatMap(({ failures }) => failures).join()).toContain('broken after COMMIT')
  }
)

test('D6: events are reported even if an answer cannot be delivered', async () => {
  await commit({
    runWrite: ({ id }) => ({
      result: () => {},
      committed: [{ name: 'message', json: '{}', to: [{ userId: 7, seq: id }] }]
    })
  })([call(1)])
  expect(reports).toHaveLength(1)
  expect(reports[0]!.answers).toMatchObject([{ id: 1, ok: false }])
  expect(restoreEvents(reports[0]!.committed)).toMatchObject([{ to: [{ userId: 7, seq: 1 }] }])
})

test('E3: a failed call is refused alone, and leaves nothing behind', async () => {
  await commit()([call(1), call(2, 'bad'), call(3)])
  expect(notes()).toEqual([1, 3])
  const answers = reports.flatMap((report) => report.answers)
  expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
    [1, true],
    [2, false],
    [3, true]
  ])
  expect(forgotten).toBeGreaterThan(0)
})

test('E3: a failed COMMIT refuses the whole group and reports no event', async () => {
  database.exec('PRAGMA foreign_keys = ON')
  database.exec('CREATE TABLE pins (note_id INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)')
  await commit({
    runWrite({ id }) {
      // Checked only at COMMIT.
      database.prepare('INSERT INTO pins (note_id) VALUES (?)').run(id)
      return { result: null, committed: [{ name: 'message', json: '{}', to: [{ userId: 7, seq: id }] }] }
    }
  })([call(1), call(2)])
  expect(reports.flatMap(({ answers }) => answers.map(({ ok }) => ok))).toEqual([false, false])
  expect(reports.flatMap(({ committed }) => committed)).toEqual([])
  expect(database.isTransaction).toBe(false)
})
