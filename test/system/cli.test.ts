import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settingsAsText } from '../../server/settings.ts'
import type { Message } from '@parley/contract/messages'
import { call, loginAs } from '../harness/api.ts'
import { cleanEnv, release, startParley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

type Ran = { code: number; stdout: string; stderr: string }

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-cli-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

/** Runs `parley …` as an administrator does. */
function parley(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      './server/parley.js',
      args,
      { cwd: release, env: cleanEnv({ DATA_DIR: dataDir, ...env }) },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    )
  })
}

describe('parley', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])(
    '%j lists the commands and every setting',
    async (args) => {
      const { code, stdout } = await parley(args)
      expect(code).toBe(0)
      for (const command of [
        'serve',
        'user add NAME…',
        'user disable NAME…',
        'user role NAME ROLE',
        'user list',
        'backup FILE',
        'restore FILE',
        'doctor',
        'migrate --to URL',
        '--help'
      ])
        expect(stdout).toContain(command)
      expect(stdout).toContain(settingsAsText())
    }
  )

  test('--version prints its version', async () => {
    expect(await parley(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^parley \d+\.\d+\.\d+\n$/)
    })
  })

  test.each([
    [['frobnicate']],
    [['user']],
    [['user', 'add']],
    [['user', 'disable']],
    [['user', 'enable']],
    [['user', 'list', 'anna']],
    [['serve', 'now']],
    [['backup']],
    [['restore', 'a', 'b']],
    [['--frob']],
    [['migrate']],
    [['migrate', '--to']],
    [['serve', '--to', 'postgres://localhost/parley']]
  ])('%j is rejected with a hint', async (args) => {
    const { code, stdout, stderr } = await parley(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('parley --help')
  })

  test('serve reports all invalid settings together, and does not start', async () => {
    const { code, stderr } = await parley(['serve'], { PORT: 'http', PARLEY_TYPO: '1', HOST: '0.0.0.0' })
    expect(code).toBe(1)
    expect(stderr.match(/^ {2}(\w+):/gm)?.map((line) => line.trim())).toEqual([
      'PARLEY_TYPO:',
      'PORT:',
      'HOST:'
    ])
    expect(stderr).not.toContain('    at ')
  })
})

describe('parley user add', () => {
  test('adds several users before the first start', async () => {
    const own = join(dataDir, 'own')
    expect(await parley(['user', 'add', 'anna', 'Zoë', '李雷'], { DATA_DIR: own })).toMatchObject({
      code: 0,
      stdout: 'added anna\nadded Zoë\nadded 李雷\n'
    })
  })

  test('adds users who can sign in at once while Parley runs', async () => {
    await using server = await startParley()
    const ran = await parley(['user', 'add', 'anna'], { DATA_DIR: server.dataDir })
    expect(ran).toMatchObject({ code: 0, stdout: 'added anna\n' })
    const answer = await call(`${server.url}/api/login`, { method: 'POST', body: { username: 'anna' } })
    expect(answer.status).toBe(200)
  })

  test('reports who was not added and why, adds the others, and fails', async () => {
    const own = join(dataDir, 'own-2')
    await parley(['user', 'add', 'anna'], { DATA_DIR: own })
    const { code, stdout, stderr } = await parley(
      ['user', 'add', 'ANNA', 'bob', 'a b', '', '.dot', 'x'.repeat(40), 'bob'],
      { DATA_DIR: own }
    )
    expect([code, stdout]).toEqual([1, 'added bob\n'])
    expect(stderr.match(/^not added: .*$/gm)).toHaveLength(6)
    expect(stderr).toContain('not added: ANNA: the name is taken')
    expect(stderr).toContain('not added: a b: a username starts with a letter or digit')
  })
})

describe('parley user disable and enable', () => {
  test('S5: ends the sessions and streams of a running Parley, and also works after it was stopped or killed', async () => {
    await using server = await startParley()
    const env = { DATA_DIR: server.dataDir }
    const socket = join(server.dataDir, 'parley.sock')
    const mode = (await stat(socket)).mode & 0o777
    expect(mode.toString(8)).toBe('600')
    const jane = await loginAs(server.url, 'jane')
    const stream = await openStream(server.url, jane.token)
    await stream.until(({ name }) => name === 'sync')
    expect(await parley(['user', 'disable', 'jane'], env)).toMatchObject({
      code: 0,
      stdout: 'disabled jane\n'
    })
    await stream.ended
    expect((await jane.get('/api/auth_user')).status).toBe(401)
    expect(await parley(['user', 'disable', 'jane', 'unknown'], env)).toMatchObject({
      code: 1,
      stdout: 'disabled jane\n',
      stderr: 'not disabled: unknown: no user has this name\n'
    })

    await server.kill('SIGTERM')
    await expect(stat(socket)).rejects.toThrow('ENOENT')
    expect(await parley(['user', 'list'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^jane {2}disabled 20.*Z\njohn\n$/)
    })
    await server.restart()
    const login = { method: 'POST', body: { username: 'jane' } }
    expect((await call(`${server.url}/api/login`, login)).body).toMatchObject({ code: 'account_disabled' })

    await server.kill('SIGKILL')
    expect((await stat(socket)).isSocket()).toBe(true)
    expect(await parley(['user', 'enable', 'jane'], env)).toMatchObject({ code: 0, stdout: 'enabled jane\n' })
    await server.restart()
    expect((await loginAs(server.url, 'jane')).user.username).toBe('jane')
    expect(await parley(['user', 'disable', 'john'], env)).toMatchObject({ code: 0 })
  })

  test('with a path too long for a socket, Parley runs, and a command says what to do', async () => {
    const deep = join(dataDir, 'x'.repeat(100))
    await mkdir(deep)
    await using server = await startParley({ dataDir: deep })
    expect(server.output()).toContain('choose a shorter DATA_DIR')
    const { code, stderr } = await parley(['user', 'add', 'anna'], { DATA_DIR: deep })
    expect(code).toBe(1)
    expect(stderr).toMatch(/cannot reach it: .*choose a shorter DATA_DIR/)
    await server.kill('SIGTERM')
    expect(await parley(['user', 'add', 'anna'], { DATA_DIR: deep })).toMatchObject({ code: 0 })
  })
})

describe('parley user role', () => {
  test('changes a role while Parley runs and while it is stopped, and keeps sessions and streams', async () => {
    await using server = await startParley()
    const env = { DATA_DIR: server.dataDir }
    const jane = await loginAs(server.url, 'jane')
    const stream = await openStream(server.url, jane.token)
    await stream.until(({ name }) => name === 'sync')
    expect(await parley(['user', 'role', 'jane', 'moderator'], env)).toMatchObject({
      code: 0,
      stdout: 'jane is now moderator\n'
    })
    expect((await parley(['user', 'list'], env)).stdout).toBe('jane  moderator\njohn\n')
    expect(await parley(['user', 'role', 'unknown', 'moderator'], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'no role given: unknown: no user has this name\n'
    })
    expect((await jane.get('/api/auth_user')).status).toBe(200)
    await jane.conversationWith('john')
    await stream.until(({ name }) => name === 'conversation_created')
    stream.cut()

    await server.kill('SIGTERM')
    expect(await parley(['user', 'role', 'jane', 'member'], env)).toMatchObject({ code: 0 })
    expect((await parley(['user', 'list'], env)).stdout).toBe('jane\njohn\n')
  })

  test.each([[], ['jane'], ['jane', 'owner'], ['jane', 'moderator', 'john']])(
    'is rejected without one user and one role: %j',
    async (...rest) => {
      const ran = await parley(['user', 'role', ...rest])
      expect([ran.code, ran.stderr.split('\n')[0]]).toEqual([
        2,
        'user role: name a user, then member, moderator, administrator.'
      ])
    }
  )
})

describe('parley backup, restore and doctor', () => {
  test('R1, R2: a copy taken while Parley runs is restored after a stop, and clients ahead of it start over', async () => {
    await using server = await startParley()
    const env = { DATA_DIR: server.dataDir }
    const file = join(server.dataDir, 'copy.db')
    const john = await loginAs(server.url, 'john')
    const { id } = await john.conversationWith('jane')
    await john.send(id, 'kept')
    expect(await parley(['backup', file], env)).toMatchObject({ code: 0, stderr: '' })
    await john.send(id, 'not in the copy')
    const ahead = (await john.get('/api/conversations')).headers.get('event-cursor')!
    expect(await parley(['doctor'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is sound')
    })

    const refused = await parley(['restore', file], env)
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('stop it first')
    await server.kill('SIGTERM')
    expect(await parley(['restore', file], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('reload their state')
    })
    await server.restart()

    const messages = await john.get<Message[]>(`/api/conversations/${id}/messages`)
    expect(messages.body.map((message) => message.content)).toEqual(['kept'])
    const stream = await openStream(server.url, john.token, { lastEventId: ahead })
    expect(await stream.next()).toMatchObject({ name: 'reset', data: { reason: 'epoch' } })
    stream.cut()
  })

  test('doctor names the problems of a database, and fails', async () => {
    await using server = await startParley()
    const john = await loginAs(server.url, 'john')
    await john.send((await john.conversationWith('jane')).id, 'hello')
    await server.kill('SIGTERM')
    const database = new DatabaseSync(join(server.dataDir, 'parley.db'))
    database.exec(`INSERT INTO jobs (queue, key, payload, epoch, run_at, dead_at)
      VALUES ('test.work', 'one', 'null', '', 0, 1)`)
    database.exec("UPDATE jobs SET attempts = 5, last_error = 'Error: no route' WHERE queue = 'test.work'")
    // A job that failed harms nothing else.
    expect(await parley(['doctor'], { DATA_DIR: server.dataDir })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'Background jobs that failed for the last time:\n  test.work (1)\n' +
          '    1970-01-01T00:00:00.001Z "one" after 5 attempts: "Error: no route"'
      )
    })
    database.exec('DELETE FROM inbox_events WHERE seq = 1')
    database.close()
    const { code, stderr } = await parley(['doctor'], { DATA_DIR: server.dataDir })
    expect(code).toBe(1)
    expect(stderr).toContain('a log is not contiguous')
  })
})
