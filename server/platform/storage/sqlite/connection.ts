import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  Kysely,
  type SelectModifierNode,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement
} from 'kysely'
import type { Schema } from '../schema.ts'
import type { WorkerRole } from './worker-messages.ts'

/**
 * Opens a SQLite file for one worker. The settings that the promise rests on are set although they are defaults here or
 * there, and read back: a build with others must not start.
 */
export function openConnection(path: string, mode: WorkerRole['mode']): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true })
  if (mode !== 'reader') {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    // macOS: a plain fsync leaves the data in the drive's cache.
    database.exec('PRAGMA fullfsync = ON')
    // 32 MB: a page that many commits wrote goes back to the database once. At the default of 4 MB that was done, with two
    // more fsyncs, after every few batches of sends.
    database.exec('PRAGMA wal_autocheckpoint = 8000')
    database.exec(`PRAGMA journal_size_limit = ${64 * 1024 * 1024}`)
    expectPragma(database, 'journal_mode', 'wal')
    expectPragma(database, 'synchronous', 2)
  } else {
    database.exec('PRAGMA query_only = ON')
  }
  database.exec(`PRAGMA cache_size = -${16 * 1024}`)
  return database
}

function expectPragma(database: DatabaseSync, name: string, expected: string | number): void {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name]
  if (value !== expected) {
    throw new Error(
      `SQLite keeps ${name} at ${String(value)}, not ${expected}: acknowledged messages could be lost`
    )
  }
}

/** Kysely over a connection; each query text is prepared once. */
export function openKysely(database: DatabaseSync): Kysely<Schema> {
  const statements = new Map<string, SqliteStatement>()
  return new Kysely<Schema>({
    dialect: new LocklessDialect({
      database: {
        close: () => database.close(),
        prepare(text) {
          let statement = statements.get(text)
          if (!statement) {
            statement = adapt(database.prepare(text))
            statements.set(text, statement)
          }
          return statement
        }
      }
    })
  })
}

/** Omits `FOR UPDATE`, which SQLite lacks: a writer holds the whole database. */
class LocklessDialect extends SqliteDialect {
  override createQueryCompiler(): SqliteQueryCompiler {
    return new LocklessCompiler()
  }
}

class LocklessCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!/^(For|SkipLocked)/.test(node.modifier ?? '')) super.visitSelectModifier(node)
  }
}

/** Kysely's idea of a statement (better-sqlite3's), over node:sqlite's. */
function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[]))
  }
}
