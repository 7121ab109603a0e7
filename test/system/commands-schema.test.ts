import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allChanges, migrate } from '../../server/platform/storage/migrations/index.ts'
import { openPool } from '../../server/platform/storage/postgres/pool.ts'
import type { Schema } from '../../server/platform/storage/schema.ts'
import { openConnection, openKysely } from '../../server/platform/storage/sqlite/connection.ts'
import { cleanEnv, freePort, release, startParley } from '../harness/parley.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'

type Run = { code: number; stdout: string; stderr: string }

/** As 0.1 created it; on SQLite, later migrations exceed what it can read. */
const olderCount = 2
const lacking = Object.keys(allChanges).slice(olderCount).join(', ')
const older = Object.fromEntries(Object.entries(allChanges).slice(0, olderCount))

let place: string
let postgres: Postgres | undefined
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-commands-'))
  if (hasPostgres) postgres = await startPostgres()
})
afterAll(async () => {
  await postgres?.stop()
  await rm(place, { recursive: true })
})

function parley(env: Record<string, string>, args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile('./server/parley.js', args, { cwd: release, env: cleanEnv(env) }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    )
  })
}

/** A database of an older Parley; `names` returns its current migrations. */
type Older = { env: Record<string, string>; names: () => Promise<string[]> }

async function namesOf(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db)
  await db.destroy()
  return rows.map((row) => row.name)
}

async function olderSqlite(): Promise<Older> {
  const folder = await mkdtemp(join(place, 'data-'))
  const open = () => openKysely(openConnection(join(folder, 'parley.db'), 'writer'))
  const db = open()
  await migrate(db, 'sqlite', { changes: older, say: () => {} })
  await db.destroy()
  return { env: { DATA_DIR: folder }, names: () => namesOf(open()) }
}

async function olderPostgres(): Promise<Older> {
  const url = await createDatabase(postgres!.adminUrl)
  const open = () =>
    new Kysely<Schema>({ dialect: new PostgresDialect({ pool: openPool(url, { max: 1, patient: true }) }) })
  const db = open()
  await migrate(db, 'postgres', { changes: older, say: () => {} })
  await db.destroy()
  return { env: { DATABASE_URL: url, DATA_DIR: join(place, 'none') }, names: () => namesOf(open()) }
}

/** How each command treats a database that needs migration; only `serve` and `migrate` change it. */
const commands: Record<
  string,
  { args: string[]; onPostgres?: RegExp; sqlite: 'refuses' | 'changes' | RegExp }
> = {
  doctor: { args: ['doctor'], sqlite: 'refuses' },
  'user add': { args: ['user', 'add', 'anna'], sqlite: 'refuses' },
  'user disable': { args: ['user', 'disable', 'anna'], sqlite: 'refuses' },
  'user enable': { args: ['user', 'enable', 'anna'], sqlite: 'refuses' },
  'user role': { args: ['user', 'role', 'anna', 'moderator'], sqlite: 'refuses' },
  'user list': { args: ['user', 'list'], sqlite: 'refuses' },
  // Copies files whatever they contain.
  backup: { args: ['backup', 'copy.db'], sqlite: /holds everything/, onPostgres: /pg_dump/ },
  restore: { args: ['restore', 'copy.db'], sqlite: /was restored from/, onPostgres: /pg_dump/ },
  migrate: {
    args: ['migrate', '--to', 'URL'],
    sqlite: 'changes',
    onPostgres: /DATABASE_URL names a Postgres/
  },
  serve: { args: ['serve'], sqlite: 'changes' }
}

test('every command is covered here', async () => {
  const { stdout } = await parley({}, ['--help'])
  const listed = Array.from(stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)*)(?= |$)/gm), ([, name]) => name!)
  expect(listed).toEqual(expect.arrayContaining(['serve', 'doctor']))
  expect(new Set(listed)).toEqual(new Set(Object.keys(commands)))
})

function refusal({ code, stdout, stderr }: Run): string {
  expect([code, stdout]).toEqual([1, ''])
  const [said, why, ...more] = stderr.split('\n')
  expect(said).toMatch(/^(Nothing|No one) was |^The users cannot be listed/)
  expect(more).toEqual([''])
  return why!
}

describe('On an older SQLite file', () => {
  test.each(Object.entries(commands))('U3: %s', async (name, { args, sqlite }) => {
    const { env, names } = await olderSqlite()
    if (name === 'serve') {
      await using server = await startParley({ dataDir: env['DATA_DIR']!, port: await freePort() })
      expect(server.output()).toContain('It is backed up as')
    } else {
      const copy = join(env['DATA_DIR']!, 'copy.db')
      const to = name === 'migrate' ? await createDatabase(postgres!.adminUrl) : ''
      if (name === 'restore') await parley(env, ['backup', copy])
      const ran = await parley(
        env,
        args.map((arg) => (arg === 'URL' ? to : arg === 'copy.db' ? copy : arg))
      )
      if (sqlite === 'refuses') expect(refusal(ran)).toContain(`it lacks ${lacking}`)
      else
        expect(ran).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(sqlite === 'changes' ? /Moved/ : sqlite)
        })
    }
    expect(await names()).toEqual(Object.keys(sqlite === 'changes' ? allChanges : older))
  })
})

describe.skipIf(!hasPostgres)(
  `On an older Postgres database${hasPostgres ? '' : ' (Postgres is not installed)'}`,
  () => {
    test.each(Object.entries(commands))('U3: %s', async (name, { args, sqlite, onPostgres }) => {
      const { env, names } = await olderPostgres()
      const changes = sqlite === 'changes' && !onPostgres
      if (name === 'serve') {
        await using server = await startParley({ env })
        expect(server.output()).toContain('Parley runs')
      } else {
        const why = refusal(await parley(env, args))
        expect(why).toMatch(onPostgres ?? new RegExp(`it lacks ${lacking}`))
      }
      expect(await names()).toEqual(Object.keys(changes ? allChanges : older))
    })
  }
)
