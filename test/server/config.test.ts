import { BlockList } from 'node:net'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../server/config.ts'
import { parseNatsUrl } from '../../server/platform/realtime/nats-url.ts'
import { settings, settingsAsMarkdown, settingsAsText } from '../../server/settings.ts'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** Returns the names of the rejected settings. */
function badNames(env: Record<string, string>): string[] {
  return problemsOf(env).map((problem) => problem.split(':')[0]!)
}

describe('settings', () => {
  test('without settings, Parley serves this machine only', () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: 'localhost',
      origin: 'http://localhost:3000',
      dataDir: resolve('data'),
      database: { kind: 'sqlite', path: resolve('data/parley.db') },
      nats: null,
      developmentLogin: true,
      github: null,
      messageMaxLength: 4000,
      rateLimits: true,
      trustedProxies: expect.any(BlockList),
      logLevel: 'info',
      metrics: null,
      syncIntervalMs: 10_000,
      streamMaxLifeMs: 3_600_000,
      streamsPerUser: 1000,
      sessionsPerUser: 100,
      drainMs: 10_000,
      eventsKeepMs: 30 * 86_400_000,
      eventsKeepCount: 10_000
    })
  })

  test('the documented defaults are the actual defaults', () => {
    const listed = Object.fromEntries(
      settings
        .filter((setting) => setting.default !== 'none' && !/[<,]/.test(setting.default))
        .map((setting) => [setting.name, setting.default])
    )
    expect(readConfig(listed)).toEqual({ ...readConfig({}) })
  })

  test('an empty variable counts as unset', () => {
    expect(readConfig({ PORT: '', HOST: ' ', PARLEY_LOG_LEVEL: '' })).toEqual(readConfig({}))
  })

  test('all invalid settings are reported together', () => {
    expect(
      badNames({ PORT: 'http', PARLEY_LOG_LEVEL: 'loud', PARLEY_TYPO: '1', GITHUB_CLIENT_ID: 'a' })
    ).toEqual(['PARLEY_TYPO', 'PORT', 'PARLEY_LOG_LEVEL', 'GITHUB_CLIENT_SECRET'])
  })

  test.each(['-1', '65536', '3000x', '1e3', '80.5', '0x50'])('PORT refuses %s', (PORT) => {
    expect(badNames({ PORT })).toEqual(['PORT'])
  })

  test.each([
    'chat.example.org',
    'ftp://chat.example.org',
    'https://chat.example.org/parley',
    'https://a:b@c.d',
    '*'
  ])('ORIGIN refuses %s', (ORIGIN) => expect(badNames({ ORIGIN })).toEqual(['ORIGIN']))

  test.each([
    [{ PARLEY_RATE_LIMITS: 'yes' }, 'PARLEY_RATE_LIMITS'],
    [{ PARLEY_TRUSTED_PROXIES: '127.0.0.1, proxy.example' }, 'PARLEY_TRUSTED_PROXIES']
  ])('%j is refused', (env, name) => expect(badNames(env)).toEqual([name]))

  test('ORIGIN may end with a slash', () => {
    expect(readConfig({ ORIGIN: 'https://chat.example.org/' }).origin).toBe('https://chat.example.org')
  })

  test('the sync interval is at most 15 seconds', () => {
    expect(badNames({ PARLEY_SYNC_INTERVAL_SECONDS: '16' })).toEqual(['PARLEY_SYNC_INTERVAL_SECONDS'])
    expect(readConfig({ PARLEY_SYNC_INTERVAL_SECONDS: '0.5' }).syncIntervalMs).toBe(500)
  })

  test('metrics are off by default; their own port serves this machine only by default', () => {
    expect(readConfig({ PARLEY_METRICS_PORT: '9464' }).metrics).toEqual({ host: 'localhost', port: 9464 })
    expect(
      readConfig({ PARLEY_METRICS_PORT: '9464', PARLEY_METRICS_HOST: '10.0.0.7' }).metrics
    ).toMatchObject({ host: '10.0.0.7' })
    expect(readConfig({ PARLEY_METRICS_HOST: '10.0.0.7' }).metrics).toBeNull()
    expect(badNames({ PARLEY_METRICS_PORT: 'http' })).toEqual(['PARLEY_METRICS_PORT'])
  })

  test('GitHub sign-in needs both its id and its secret', () => {
    expect(badNames({ GITHUB_CLIENT_SECRET: 's' })).toEqual(['GITHUB_CLIENT_ID'])
    expect(readConfig({ GITHUB_CLIENT_ID: 'i', GITHUB_CLIENT_SECRET: 's' }).github).toEqual({
      clientId: 'i',
      clientSecret: 's',
      url: 'https://github.com',
      apiUrl: 'https://api.github.com',
      allow: { everyone: false, users: [], organisations: [] }
    })
  })

  test('PARLEY_GITHUB_ALLOW names users, organisations or everyone', () => {
    const app = { GITHUB_CLIENT_ID: 'i', GITHUB_CLIENT_SECRET: 's' }
    const allowOf = (names: string) => readConfig({ ...app, PARLEY_GITHUB_ALLOW: names }).github!.allow
    expect(allowOf(' Octocat,hubot, org:Acme-Inc ')).toEqual({
      everyone: false,
      users: ['octocat', 'hubot'],
      organisations: ['Acme-Inc']
    })
    expect(allowOf('*').everyone).toBe(true)
    for (const bad of ['org:', 'org:a/b', 'a..', 'team:x', '@octocat', '**']) {
      expect(badNames({ PARLEY_GITHUB_ALLOW: bad })).toEqual(['PARLEY_GITHUB_ALLOW'])
    }
    const many = Array.from({ length: 11 }, (_, n) => `org:o${n}`).join()
    expect(badNames({ PARLEY_GITHUB_ALLOW: many })).toEqual(['PARLEY_GITHUB_ALLOW'])
  })
})

describe('the development login', () => {
  test('is on when the origin is localhost', () => {
    expect(readConfig({ ORIGIN: 'http://localhost:9999' }).developmentLogin).toBe(true)
  })

  test.each([
    { NODE_ENV: 'production' },
    { ORIGIN: 'https://chat.example.org' },
    { ORIGIN: 'http://127.0.0.1:3000' },
    { ORIGIN: 'http://localhost.example.org' }
  ])('is off with %o, and then Parley listens on all interfaces', (env) => {
    expect(readConfig(env)).toMatchObject({ developmentLogin: false, host: '0.0.0.0' })
  })

  test.each(['127.0.0.1', '::1', '127.9.9.9'])('may listen on %s', (HOST) => {
    expect(readConfig({ HOST }).host).toBe(HOST)
  })

  test.each(['0.0.0.0', '::', '192.168.1.2', 'chat.example.org', '127.0.0.1.example.org'])(
    'refuses to listen on %s, and says what to do',
    (HOST) => {
      expect(badNames({ HOST })).toEqual(['HOST'])
      expect(problemsOf({ HOST })[0]).toContain('ORIGIN')
    }
  )
})

describe('DATABASE_URL', () => {
  test.each([
    ['sqlite:/var/lib/parley.db', '/var/lib/parley.db'],
    ['sqlite:///var/lib/parley.db', '/var/lib/parley.db'],
    ['file:/var/lib/parley.db', '/var/lib/parley.db'],
    ['sqlite:here.db', resolve('here.db')]
  ])('%s selects the SQLite file %s', (DATABASE_URL, path) => {
    expect(readConfig({ DATABASE_URL }).database).toEqual({ kind: 'sqlite', path })
  })

  test.each([
    'postgres://parley:sesame@db/parley',
    'postgresql://parley@db:6543/parley?sslmode=verify-full',
    'postgres:///parley?host=/var/run/postgresql'
  ])('%s selects a Postgres database', (url) => {
    expect(readConfig({ DATABASE_URL: url }).database).toEqual({ kind: 'postgres', url })
  })

  test.each([
    'postgres://parley:sesame@db',
    'postgres://parley:sesame@db/',
    'postgres://parley:sesame@db:x/parley'
  ])('%s is refused, without repeating the password', (DATABASE_URL) => {
    const [problem] = problemsOf({ DATABASE_URL })
    expect(problem).toContain('postgres://user:password@host:5432/database')
    expect(problem).not.toContain('sesame')
  })

  test.each(['sqlite:', 'sqlite::memory:', 'mysql://db', 'parley.db', 'file://host/parley.db'])(
    'is not %s',
    (DATABASE_URL) => expect(badNames({ DATABASE_URL })).toEqual(['DATABASE_URL'])
  )
})

describe('NATS_URL', () => {
  test.each([
    ['nats://bus', { servers: ['bus:4222'], tls: false }],
    ['nats://bus:4333/', { servers: ['bus:4333'], tls: false }],
    ['nats://[::1]:4333', { servers: ['[::1]:4333'], tls: false }],
    ['tls://n%40me:s%2Fsame@bus', { servers: ['bus:4222'], tls: true, user: 'n@me', pass: 's/same' }],
    ['nats://token@a, nats://token@b:5', { servers: ['a:4222', 'b:5'], tls: false, token: 'token' }]
  ])('%s is accepted', (url, nats) => expect(parseNatsUrl(url)).toEqual(nats))

  test.each([
    'bus:4222',
    'http://bus:4222',
    'nats://',
    'nats://bus:99999',
    'nats://bus/path',
    'nats://bus?tls=1',
    'nats://bus,',
    'nats://a, tls://b',
    'nats://x:sesame@a,nats://b',
    'nats://%zz:sesame@bus'
  ])('is refused as %s, without repeating the password', (NATS_URL) => {
    const [problem] = problemsOf({ NATS_URL })
    expect(problem).toMatch(/^NATS_URL: is not like nats:/)
    expect(problem).not.toContain('sesame')
  })

  test('is refused with a SQLite file, with the reason', () => {
    expect(problemsOf({ NATS_URL: 'nats://bus:4222' })).toEqual([
      'NATS_URL: is for several nodes on one Postgres, and a SQLite file has one; ' +
        'set DATABASE_URL to postgres://…, or leave NATS_URL out'
    ])
  })
})

describe('the list of settings', () => {
  test('matches docs/SETTINGS.md', () => {
    expect(readFileSync('docs/SETTINGS.md', 'utf8')).toContain(`\n${settingsAsMarkdown()}\n`)
  })

  test('names each setting once, also in the help', () => {
    const names = settings.map((setting) => setting.name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(settingsAsText()).toContain(`  ${name} (`)
  })

  test('contains every name that the settings reader uses', () => {
    const asked =
      readFileSync('server/config.ts', 'utf8').match(/'(PARLEY_\w+|GITHUB_\w+|[A-Z]+_URL)'/g) ?? []
    for (const name of asked) expect(settings.map((setting) => `'${setting.name}'`)).toContain(name)
  })
})
