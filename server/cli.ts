#!/usr/bin/env node
import { parseArgs } from 'node:util'

process.exitCode = await run(process.argv.slice(2))

/** Runs one command. Resolves with the exit code: 1 when it failed, 2 when it was not understood. */
async function run(args: string[]): Promise<number | undefined> {
  let parsed
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        to: { type: 'string' }
      }
    })
  } catch (error) {
    return misunderstood(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  const [command, ...rest] = positionals
  if (values.version)
    return say(`parley ${(await import('./package.json', { with: { type: 'json' } })).default.version}`)
  if (values.help || command === undefined || command === 'help') return say(await help())

  if (command === 'migrate' && rest.length === 0) {
    if (values.to === undefined) return misunderstood('migrate: say where to, with --to postgres://…')
    const { migrateTo } = await import('./commands/migrate.ts')
    return migrateTo(values.to, process.env)
  }
  if (values.to !== undefined) return misunderstood('--to belongs to migrate.')
  if (command === 'serve' && rest.length === 0) {
    const { serve } = await import('./main.ts')
    // It runs until a signal arrives.
    await serve()
    return undefined
  }
  if (command === 'user' && rest[0] === 'add') {
    if (rest.length === 1) return misunderstood('user add: name whom to add.')
    const { addUsersByName } = await import('./commands/user.ts')
    return addUsersByName(rest.slice(1), process.env)
  }
  if (command === 'user' && (rest[0] === 'disable' || rest[0] === 'enable')) {
    if (rest.length === 1) return misunderstood(`user ${rest[0]}: name whom to ${rest[0]}.`)
    const { disableUsers } = await import('./commands/user.ts')
    return disableUsers(rest.slice(1), rest[0] === 'disable', process.env)
  }
  if (command === 'user' && rest[0] === 'role') {
    const { serverRoles } = await import('@parley/contract/roles')
    const [, name, typed] = rest
    const role = serverRoles.find((each) => each === typed)
    if (name === undefined || role === undefined || rest.length > 3)
      return misunderstood(`user role: name a user, then ${serverRoles.join(', ')}.`)
    const { setUserRole } = await import('./commands/user.ts')
    return setUserRole(name, role, process.env)
  }
  if (command === 'user' && rest[0] === 'list' && rest.length === 1) {
    const { listUsers } = await import('./commands/user.ts')
    return listUsers(process.env)
  }
  if ((command === 'backup' || command === 'restore') && rest.length < 2) {
    if (rest[0] === undefined) return misunderstood(`${command}: name the file.`)
    const { backUpTo, restoreFrom } = await import('./commands/backup.ts')
    return (command === 'backup' ? backUpTo : restoreFrom)(rest[0], process.env)
  }
  if (command === 'doctor' && rest.length === 0) {
    const { examine } = await import('./commands/doctor.ts')
    return examine(process.env)
  }
  return misunderstood(`There is no command "${positionals.join(' ')}".`)
}

async function help(): Promise<string> {
  const { settingsAsText } = await import('./settings.ts')
  return `Parley, a messenger you host yourself.

Usage: parley COMMAND

  serve                Starts Parley
  user add NAME…       Adds users who sign in by the development login, also while Parley runs
  user disable NAME…   Signs people out everywhere at once and keeps them out, also while Parley runs
  user enable NAME…    Lets disabled people sign in again, also while Parley runs
  user role NAME ROLE  Makes a user a member, moderator or administrator, also while Parley runs
  user list            Lists usernames, with roles other than member, and who is disabled
  backup FILE          Writes a copy of the database to a new file, also while Parley runs
  restore FILE         Puts such a copy in the database's place; stop Parley first
  doctor               Checks the database and says what it found, also while Parley runs
  migrate --to URL     Moves everything from the SQLite file into an empty Postgres; stop Parley first
  --help, --version

Settings, read from the environment (default in brackets):

${settingsAsText()}`
}

function say(text: string): number {
  console.log(text)
  return 0
}

function misunderstood(why: string): number {
  console.error(`${why}\nparley --help lists the commands.`)
  return 2
}
