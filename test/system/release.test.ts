import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import manifest from '../../package.json' with { type: 'json' }
import { loginAs } from '../harness/api.ts'
import { hasNats, startNats } from '../harness/nats.ts'
import { cleanEnv, release, repository, startParley } from '../harness/parley.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from '../harness/postgres.ts'
import { openStream } from '../harness/stream.ts'

const run = promisify(execFile)

let place: string
/** The folder with the installed release. */
let installed: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-release-'))
  await run('npm', ['pack', release, '--pack-destination', place], { cwd: place, env: cleanEnv() })
  const tarball = join(place, `parley-${manifest.version}.tgz`)
  const empty = ['--offline', '--cache', join(place, 'cache'), '--prefix', join(place, 'prefix')]
  await run('npm', ['install', '--global', ...empty, tarball], { cwd: place, env: cleanEnv() })
  installed = join(place, 'prefix/lib/node_modules/parley')
})
afterAll(() => rm(place, { recursive: true }))

/** Runs `parley …` from the path. Rejects if it fails. */
async function parley(args: string[], env: Record<string, string> = {}): Promise<string> {
  const base = cleanEnv(env)
  const path = `${join(place, 'prefix/bin')}:${base['PATH']}`
  const { stdout } = await run('parley', args, { cwd: place, env: { ...base, PATH: path } })
  return stdout
}

const unlimited = { PARLEY_RATE_LIMITS: 'off' }

describe('the tarball of npm run package', () => {
  test('installs offline into an empty folder, without other packages or a type compiler', async () => {
    expect(await readdir(join(place, 'prefix/lib/node_modules'))).toEqual(['parley'])
    const names = await readdir(installed, { recursive: true })
    expect(names.filter((name) => name.startsWith('node_modules/') || name.endsWith('.ts'))).toEqual([])
    expect(names).toEqual(
      expect.arrayContaining(['LICENSE', 'CHANGELOG.md', 'openapi.json', 'web/index.html'])
    )
  })

  test('contains the licence of every package in it', async () => {
    const licenses = await readFile(join(installed, 'server/licenses.md'), 'utf8')
    const chunks = (await readdir(join(installed, 'server'))).filter((name) => name.endsWith('.js'))
    const code = await Promise.all(chunks.map((name) => readFile(join(installed, 'server', name), 'utf8')))
    const packages = code.flatMap((text) =>
      Array.from(text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm), ([, name]) => name!)
    )
    expect(new Set(packages).size).toBeGreaterThan(50)
    for (const name of new Set(packages)) expect(licenses).toContain(`\n## ${name} - `)
    const web = await readFile(join(installed, 'web/licenses.md'), 'utf8')
    for (const name of ['react-dom', 'zustand', 'Inter']) expect(web).toContain(`\n## ${name}`)
  })

  test('provides a parley command that runs with its V8 flag', async () => {
    expect(await parley(['--help'])).toContain('Usage: parley COMMAND')
    expect(await parley(['--version'])).toBe(`parley ${manifest.version}\n`)
    await using server = await startParley({ folder: installed, env: unlimited })
    const command = await readFile(`/proc/${server.pid}/cmdline`, 'utf8')
    expect(command.split('\0')).toContain('--no-allocation-site-pretenuring')
  })

  test('names the required Node version if the one in the path is older', async () => {
    const older = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'25.9.0'}})"
    await expect(parley(['--version'], { NODE_OPTIONS: `--import ${older}` })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Parley needs Node 26 or newer. This is Node 25.9.0.')
    })
  })

  test('serves the web app and the API, runs every command, and keeps all data over a restart', async () => {
    await using server = await startParley({ folder: installed, env: unlimited })
    const env = { DATA_DIR: server.dataDir }
    const page = await (await fetch(server.url)).text()
    const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(page)!
    expect((await fetch(server.url + script)).status).toBe(200)
    const description = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as { openapi: string }
    expect(description.openapi).toMatch(/^3\.1/)

    const john = await loginAs(server.url, 'john')
    const { id } = await john.conversationWith('jane')
    await john.send(id, 'before')
    expect(await parley(['user', 'add', 'anna'], env)).toBe('added anna\n')
    expect(await parley(['user', 'list'], env)).toContain('anna\n')
    expect(await parley(['user', 'disable', 'anna'], env)).toBe('disabled anna\n')
    expect(await parley(['user', 'enable', 'anna'], env)).toBe('enabled anna\n')
    const copy = join(place, 'copy.db')
    expect(await parley(['backup', copy], env)).toContain('holds everything')
    expect(await parley(['doctor'], env)).toContain('is sound')
    await john.send(id, 'after')

    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    await server.restart()
    const contents = async () =>
      (await john.get<Message[]>(`/api/conversations/${id}/messages`)).body.map(({ content }) => content)
    expect(await contents()).toEqual(['after', 'before'])

    await server.kill('SIGTERM')
    expect(await parley(['restore', copy], env)).toContain(copy)
    await server.restart()
    expect(await contents()).toEqual(['before'])
  })
})

const missing = (!hasPostgres && 'Postgres') || (!hasNats && 'NATS')

describe.skipIf(missing)(
  `the release on Postgres and NATS${missing ? ` (${missing} is not installed)` : ''}`,
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres?.stop())

    test('a SQLite file moves to Postgres, and nodes deliver to each other', async () => {
      await using older = await startParley({ folder: installed, env: unlimited })
      const author = await loginAs(older.url, 'john')
      const { id } = await author.conversationWith('jane')
      await author.send(id, 'before')
      await older.kill('SIGTERM')
      const url = await createDatabase(postgres.adminUrl)
      expect(await parley(['migrate', '--to', url], { DATA_DIR: older.dataDir })).toContain('Moved')

      const nats = await startNats()
      onTestFinished(() => nats.close())
      const env = { ...unlimited, DATABASE_URL: url, NATS_URL: nats.url, PARLEY_METRICS_PORT: '0' }
      await using first = await startParley({ folder: installed, env })
      await using second = await startParley({ folder: installed, env })
      const john = await loginAs(first.url, 'john')
      const jane = await loginAs(second.url, 'jane')
      const stream = await openStream(second.url, jane.token)
      // From here on: earlier sends may be before the stream's start.
      await stream.until((event) => event.name === 'sync')
      await john.send(id, 'across nodes')
      await stream.until((event) => event.name === 'message' && JSON.stringify(event.data).includes('across'))
      stream.cut()
      const metrics = await fetch(/Metrics are at (\S+)/.exec(first.output())![1]!)
      expect(await metrics.text()).toContain('parley_sends_total')
      expect(await parley(['user', 'add', 'anna'], { DATABASE_URL: url })).toBe('added anna\n')
      expect(await parley(['doctor'], { DATABASE_URL: url })).toContain('is sound')
    })
  }
)

test('npm start and npx parley run from a checkout', async () => {
  const { start } = manifest.scripts
  const [, flag] = /^#!\/usr\/bin\/env -S node (\S+)$/m.exec(
    await readFile(join(release, 'server/parley.js'), 'utf8')
  )!
  expect(start).toBe(`node ${flag} dist/server/parley.js serve`)
  const { stdout } = await run('npx', ['parley', '--version'], { cwd: repository, env: cleanEnv() })
  expect(stdout).toBe(`parley ${manifest.version}\n`)
})
