import type { BlockList } from 'node:net'
import { resolve } from 'node:path'
import { messageMaxLength, sessionsPerUserMax } from '@parley/contract/limits'
import { parseNatsUrl, type NatsConfig } from './platform/realtime/nats-url.ts'
import { settings, type SettingName } from './settings.ts'
import { parseTrustedProxies } from './platform/http/trusted-proxies.ts'

/** Parley's configuration, read once at the start. */
export type Config = Readonly<{
  /** 0 takes any free port. */
  port: number
  host: string
  /** Where browsers find this server, without a slash at the end. */
  origin: string
  dataDir: string
  database: DatabaseConfig
  /** Set where this is one node of several. */
  nats: NatsConfig | null
  /** Where Prometheus finds /metrics; null where it is not asked for. */
  metrics: Readonly<{ host: string; port: number }> | null
  /** Anyone who reaches this server may sign in as any user; only on a loopback address. */
  developmentLogin: boolean
  github: GithubConfig | null
  messageMaxLength: number
  logLevel: string
  rateLimits: boolean
  /** Whose `X-Forwarded-For` is believed. */
  trustedProxies: BlockList
  syncIntervalMs: number
  streamMaxLifeMs: number
  streamsPerUser: number
  sessionsPerUser: number
  drainMs: number
  eventsKeepMs: number
  eventsKeepCount: number
}>

/** Where everything is kept. The url may hold a password: it is never shown. */
export type DatabaseConfig = Readonly<{ kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string }>
export type GithubConfig = Readonly<{
  clientId: string
  clientSecret: string
  url: string
  apiUrl: string
  allow: GithubAllow
}>

/** Who may have a new account: everyone, users by name (lowercase), and members of organisations. */
export type GithubAllow = Readonly<{
  everyone: boolean
  users: readonly string[]
  organisations: readonly string[]
}>

/** Every setting that is not right, each with what to do about it. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']
/** Each is asked about at the first sign-in of a person. */
const organisationsMax = 10
const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\])$/

/** Whether a host of an address or a setting is this machine. */
export function isLoopback(host: string): boolean {
  return loopback.test(host)
}

/** Reads the settings, from the environment alone. Throws `ConfigError` with every problem at once. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = []
  const report = (name: string, problem: string) => {
    problems.push(`${name}: ${problem}`)
  }
  // An empty variable counts as not set, as most tools that write environments expect.
  const given = (name: SettingName) => env[name]?.trim() || undefined

  for (const name of Object.keys(env)) {
    if (name.startsWith('PARLEY_') && !settings.some((setting) => setting.name === name)) {
      report(name, 'there is no such setting; `parley --help` lists all of them')
    }
  }

  function number(name: SettingName, fallback: number, min: number, max: number, whole = true): number {
    const text = given(name)
    if (text === undefined) return fallback
    const value = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
    report(name, `"${text}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
    return fallback
  }

  function httpUrl(name: SettingName, fallback: string, originOnly: boolean): string {
    const text = given(name) ?? fallback
    const url = URL.canParse(text) ? new URL(text) : null
    const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash
    if (url && plain && (!originOnly || url.pathname === '/')) {
      return originOnly ? url.origin : url.href.replace(/\/$/, '')
    }
    report(name, `"${text}" is not an address like ${originOnly ? 'https://chat.example.org' : fallback}`)
    return fallback
  }

  const port = number('PORT', 3_000, 0, 65_535)
  const origin = httpUrl('ORIGIN', `http://localhost:${port}`, true)
  const developmentLogin = new URL(origin).hostname === 'localhost' && given('NODE_ENV') !== 'production'
  const host = given('HOST') ?? (developmentLogin ? 'localhost' : '0.0.0.0')
  if (developmentLogin && !isLoopback(host)) {
    report(
      'HOST',
      `"${host}" can be reached from other machines, and on localhost anyone may sign in as any user; ` +
        'give ORIGIN the address that people use (or set NODE_ENV=production), or leave HOST out'
    )
  }

  const rateLimits = given('PARLEY_RATE_LIMITS') ?? 'on'
  if (!/^(on|off)$/.test(rateLimits)) report('PARLEY_RATE_LIMITS', `"${rateLimits}" is neither on nor off`)
  const trusted = parseTrustedProxies(given('PARLEY_TRUSTED_PROXIES') ?? '')
  for (const entry of trusted.invalid) {
    report('PARLEY_TRUSTED_PROXIES', `"${entry}" is neither an address nor a block like 10.0.0.0/8`)
  }

  const dataDir = resolve(given('DATA_DIR') ?? './data')
  const logLevel = given('PARLEY_LOG_LEVEL') ?? 'info'
  if (!logLevels.includes(logLevel)) {
    report('PARLEY_LOG_LEVEL', `"${logLevel}" is not one of ${logLevels.join(', ')}`)
  }

  function databaseConfig(): DatabaseConfig {
    const text = given('DATABASE_URL')
    if (text === undefined) return { kind: 'sqlite', path: resolve(dataDir, 'parley.db') }
    const path = /^(?:sqlite|file):(?:\/\/(?=\/))?(?!\/\/)([^?#]+)$/.exec(text)?.[1]
    if (path && path !== ':memory:') return { kind: 'sqlite', path: resolve(path) }
    // Do not repeat the text: it may contain a password.
    if (!/^postgres(ql)?:/.test(text)) {
      report(
        'DATABASE_URL',
        'is not like sqlite:/var/lib/parley/parley.db or postgres://user:password@host/database'
      )
    } else if (URL.canParse(text) && new URL(text).pathname.length > 1) {
      return { kind: 'postgres', url: text }
    } else report('DATABASE_URL', 'is not like postgres://user:password@host:5432/database')
    return { kind: 'sqlite', path: '' }
  }

  const database = databaseConfig()

  function metrics(): Config['metrics'] {
    if (given('PARLEY_METRICS_PORT') === undefined) return null
    return {
      host: given('PARLEY_METRICS_HOST') ?? 'localhost',
      port: number('PARLEY_METRICS_PORT', 0, 0, 65_535)
    }
  }

  function nats(): NatsConfig | null {
    const text = given('NATS_URL')
    if (text === undefined) return null
    const parsed = parseNatsUrl(text)
    // Do not repeat the text: it may contain a password.
    if (!parsed) {
      report('NATS_URL', 'is not like nats://name:password@host:4222 (commas between servers of one cluster)')
    } else if (database.kind === 'sqlite') {
      report(
        'NATS_URL',
        'is for several nodes on one Postgres, and a SQLite file has one; ' +
          'set DATABASE_URL to postgres://…, or leave NATS_URL out'
      )
    }
    return parsed
  }

  function githubAllow(): GithubAllow {
    const names =
      given('PARLEY_GITHUB_ALLOW')
        ?.split(/[\s,]+/)
        .filter(Boolean) ?? []
    for (const name of names) {
      if (name === '*' || /^(org:)?[a-z\d][a-z\d_-]{0,99}$/i.test(name)) continue
      report('PARLEY_GITHUB_ALLOW', `"${name}" is no user name, org:NAME or *`)
    }
    const organisations = names.filter((name) => name.startsWith('org:')).map((name) => name.slice(4))
    if (organisations.length > organisationsMax) {
      report(
        'PARLEY_GITHUB_ALLOW',
        `names ${organisations.length} organisations; ${organisationsMax} at most`
      )
    }
    return {
      everyone: names.includes('*'),
      users: names.filter((name) => !name.startsWith('org:')).map((name) => name.toLowerCase()),
      organisations
    }
  }

  function github(): GithubConfig | null {
    const url = httpUrl('PARLEY_GITHUB_URL', 'https://github.com', false)
    const apiUrl = httpUrl('PARLEY_GITHUB_API_URL', 'https://api.github.com', false)
    const clientId = given('GITHUB_CLIENT_ID')
    const clientSecret = given('GITHUB_CLIENT_SECRET')
    const allow = githubAllow()
    if (clientId && clientSecret) return { clientId, clientSecret, url, apiUrl, allow }
    if (clientId) report('GITHUB_CLIENT_SECRET', 'is missing; GITHUB_CLIENT_ID has no effect without it')
    if (clientSecret) report('GITHUB_CLIENT_ID', 'is missing; GITHUB_CLIENT_SECRET has no effect without it')
    return null
  }

  const config: Config = {
    port,
    host,
    origin,
    dataDir,
    database,
    nats: nats(),
    metrics: metrics(),
    developmentLogin,
    github: github(),
    messageMaxLength: number('PARLEY_MESSAGE_MAX_LENGTH', messageMaxLength, 1, 60_000),
    logLevel,
    rateLimits: rateLimits === 'on',
    trustedProxies: trusted.proxies,
    syncIntervalMs: 1_000 * number('PARLEY_SYNC_INTERVAL_SECONDS', 10, 0.1, 15, false),
    streamMaxLifeMs: 60_000 * number('PARLEY_STREAM_MAX_LIFE_MINUTES', 60, 0.01, 1_440, false),
    streamsPerUser: number('PARLEY_STREAMS_PER_USER', 1_000, 1, 1_000_000),
    sessionsPerUser: number('PARLEY_SESSIONS_PER_USER', sessionsPerUserMax, 1, 1_000_000),
    drainMs: 1_000 * number('PARLEY_DRAIN_SECONDS', 10, 0, 600, false),
    eventsKeepMs: 86_400_000 * number('PARLEY_EVENTS_KEEP_DAYS', 30, 0, 36_500, false),
    eventsKeepCount: number('PARLEY_EVENTS_KEEP_COUNT', 10_000, 0, 100_000_000)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}
