import { flushCompileCache } from 'node:module'
import type { App } from './app.ts'
import type { Config, GithubConfig } from './config.ts'

/** A signal that comes again so soon is the same one: npm passes on what the terminal sent already. */
const sameSignalMs = 500
/** Beyond the drain, for the last streams to be destroyed and the store to close. */
const closeMs = 5_000

/** Starts Parley, and stops it at SIGTERM or SIGINT. A second signal ends it at once. */
export async function serve(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const { readConfig } = await import('./config.ts')
  const { createApp } = await import('./app.ts')
  let config: Config
  let app: App
  let address: string
  try {
    config = readConfig(env)
    app = await createApp(config)
    address = await app.listen()
  } catch (error) {
    console.error(`Parley cannot start.\n${whyNot(error)}`)
    process.exit(1)
  }
  stopOnSignal(app, config)
  // Not repaired in place: a start handles requests of unknown outcome and unreported commits, and is well tested.
  app.store.died?.then((error) => {
    // The same version would be refused.
    const restart =
      error.name === 'UnfitSchema' ? '' : '\nStart it again: it continues from the data on disk.'
    console.error(`Parley ends: ${error.message}${restart}`)
    process.exit(1)
  }, exitOn)
  console.log(welcome(config, addressOf(config, address), app.metricsUrl()))
  // Not left to the exit: there may be none but kill -9.
  flushCompileCache()
}

function welcome(config: Config, url: string, metricsUrl: string | undefined): string {
  return [
    `Parley runs. Open ${url}`,
    config.developmentLogin
      ? 'john and jane can sign in there without a password, from this machine alone.'
      : '',
    !config.developmentLogin && !config.github
      ? 'No one can sign in yet: set GITHUB_CLIENT_ID, see docs/SETTINGS.md.'
      : '',
    config.github && !isGithubOpen(config.github)
      ? 'With GitHub only people who have an account can sign in. To let others in, set PARLEY_GITHUB_ALLOW (names, org:NAME, or *).'
      : '',
    metricsUrl ? `Metrics are at ${metricsUrl}` : '',
    `Everything is kept in ${placeOf(config)}. Ctrl-C stops it.`
  ]
    .filter(Boolean)
    .join('\n')
}

function isGithubOpen({ allow }: GithubConfig): boolean {
  return allow.everyone || allow.users.length > 0 || allow.organisations.length > 0
}

/** Where everything is kept, without the password to it. */
function placeOf({ database, dataDir }: Config): string {
  if (database.kind === 'sqlite') return dataDir
  const { host, pathname, searchParams } = new URL(database.url)
  return `Postgres, in the database ${pathname.slice(1)} at ${host || searchParams.get('host') || 'this machine'}`
}

/** ORIGIN; with port 0 and no ORIGIN, the port that was found free. */
function addressOf(config: Config, listening: string): string {
  return config.origin.endsWith(':0') ? config.origin.replace(/0$/, new URL(listening).port) : config.origin
}

function stopOnSignal(app: App, config: Config): void {
  let since: number | undefined
  function stop(): void {
    const now = performance.now()
    if (since !== undefined) {
      if (now - since > sameSignalMs) process.exit(1)
      return
    }
    since = now
    console.log('Parley stops.')
    setTimeout(() => process.exit(0), config.drainMs + closeMs).unref()
    app.close().then(() => {
      console.log('Parley stopped.')
      process.exit(0)
    }, exitOn)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function exitOn(error: unknown): void {
  console.error(error)
  process.exit(1)
}

/** Returns what went wrong and what to do, in a few lines without a stack. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('problems' in error && Array.isArray(error.problems)) {
    return error.problems.map((problem) => `  ${problem}`).join('\n')
  }
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') {
    return `  Port ${port} of ${address} is taken by another program. Set PORT to another one.`
  }
  if (code === 'EACCES' && port) return `  This user may not listen on port ${port}. Choose one above 1023.`
  return `  ${error.message}`
}
