import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { call, loginAs } from '../harness/api.ts'
import { cleanEnv, freePort, release, repository, startParley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

describe('starting', () => {
  test('prints its URL and who can sign in', async () => {
    await using parley = await startParley()
    expect(parley.output()).toContain(`Parley runs. Open ${parley.url}\n`)
    expect(parley.output()).toContain('john and jane can sign in')
  })

  test('prints the URL of its metrics, if enabled', async () => {
    const port = await freePort()
    await using parley = await startParley({ env: { PARLEY_METRICS_PORT: String(port) } })
    expect(parley.output()).toContain(`Metrics are at http://localhost:${port}/metrics\n`)
    expect(await (await fetch(`http://localhost:${port}/metrics`)).text()).toContain('parley_streams 0\n')
    expect((await fetch(`${parley.url}/metrics`)).status).toBe(404)
  })

  test('restricts its data to its user: the folder 0700, the files 0600', async () => {
    await using parley = await startParley()
    const john = await loginAs(parley.url, 'john')
    await john.send((await john.conversationWith('jane')).id, 'hello')
    const modes = await Promise.all(
      ['', ...(await readdir(parley.dataDir))].map(async (name) => [
        name,
        ((await stat(join(parley.dataDir, name))).mode & 0o777).toString(8)
      ])
    )
    expect(modes.length).toBeGreaterThan(1)
    for (const [name, mode] of modes) expect([name, mode]).toEqual([name, name === '' ? '700' : '600'])
  })

  test('reports a port in use in one line', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const ended = startParley({ port }).then(
      () => 'it started',
      (error: Error) => error.message
    )
    const message = await ended
    other.close()
    expect(message).toContain(`Port ${port} of 127.0.0.1 is taken`)
    expect(message).not.toContain('    at ')
  })

  test('D1: keeps conversations and sessions after kill -9', async () => {
    await using parley = await startParley()
    const john = await loginAs(parley.url, 'john')
    const { id } = await john.conversationWith('jane')
    const sent = await john.send(id, 'hello')
    await parley.kill('SIGKILL')
    await parley.restart()
    expect((await john.get(`/api/conversations/${id}/messages`)).body).toEqual([sent])
  })

  test('uses any free port for PORT=0, and accepts its own pages there', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'))
    const child = spawn('./server/parley.js', ['serve'], {
      cwd: release,
      env: cleanEnv({ PORT: '0', DATA_DIR: dataDir }),
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [, url] = await readUntil(child.stdout, /Open (http:\/\/localhost:\d+)\n/).found
    const answer = await call(`${url}/api/login?session=cookie`, {
      method: 'POST',
      headers: { origin: url! },
      body: { username: 'john' }
    })
    child.kill('SIGTERM')
    await once(child, 'exit')
    await rm(dataDir, { recursive: true })
    expect(answer.status).toBe(200)
  })
})

/** Collects a program's output; `found` resolves at the first match. */
function readUntil(output: Readable, pattern: RegExp): { text(): string; found: Promise<RegExpExecArray> } {
  let printed = ''
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    output.once('end', () => reject(new Error(`no ${String(pattern)} in:\n${printed}`)))
    output.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const match = pattern.exec(printed)
      if (match) resolve(match)
    })
  })
  return { text: () => printed, found }
}

describe('stopping', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'S10, S2: %s ends streams, answers pending requests, and exits with 0',
    async (signal) => {
      await using parley = await startParley({ env: { PARLEY_DRAIN_SECONDS: '1' } })
      const john = await loginAs(parley.url, 'john')
      const { id } = await john.conversationWith('jane')
      const stream = await openStream(parley.url, john.token)
      await stream.next()
      const cursor = stream.lastEventId
      const sends = Array.from({ length: 20 }, (_, index) => john.send(id, `message ${index}`))
      await Promise.all(sends)
      expect(await parley.kill(signal)).toEqual({ code: 0, signal: null })
      await stream.ended
      expect(parley.output()).toContain('Parley stops.')
      await parley.restart()
      expect((await john.get<unknown[]>(`/api/conversations/${id}/messages`)).body).toHaveLength(20)

      // S2: resumed from before all of them, with nothing written since the restart.
      const resumed = await openStream(parley.url, john.token, { lastEventId: cursor })
      for (let index = 0; index < 20; index++) expect((await resumed.next()).name).toBe('message_sent')
      expect((await resumed.next()).name).toBe('sync')
      resumed.cut()
    }
  )

  test('Ctrl-C in the terminal of npm start ends it cleanly, although npm forwards the signal again', async () => {
    const port = await freePort()
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'))
    // A separate process group, as in a terminal: the signal goes to npm, the shell and Parley alike.
    const npm = spawn('npm', ['start'], {
      cwd: repository,
      detached: true,
      env: cleanEnv({ PORT: String(port), DATA_DIR: dataDir, PARLEY_DRAIN_SECONDS: '2' }),
      stdio: ['ignore', 'pipe', 'ignore']
    })
    const output = readUntil(npm.stdout, /Parley runs/)
    await output.found
    const john = await loginAs(`http://localhost:${port}`, 'john')
    // An open stream delays the stop: time for a second signal to do harm.
    const stream = await openStream(`http://localhost:${port}`, john.token)
    await stream.next()
    process.kill(-npm.pid!, 'SIGINT')
    await stream.ended
    await once(npm, 'close')
    await rm(dataDir, { recursive: true })
    expect(output.text()).toMatch(/Parley stops\.\nParley stopped\.\n$/)
  })

  test('Ctrl-C pressed again ends it at once', async () => {
    await using parley = await startParley({ env: { PARLEY_DRAIN_SECONDS: '600' } })
    const slow = await holdRequestOpen(parley.url)
    const { pid } = parley
    // Pressed until it takes effect: signals within half a second count as npm's repetition of the first.
    const pressing = setInterval(() => process.kill(pid, 'SIGINT'), 100)
    const exit = await parley.kill('SIGINT').finally(() => clearInterval(pressing))
    expect(exit).toEqual({ code: 1, signal: null })
    slow.destroy()
  })

  test('S10: it stops in time despite an open request', async () => {
    await using parley = await startParley({ env: { PARLEY_DRAIN_SECONDS: '0' } })
    const slow = await holdRequestOpen(parley.url)
    const hungUp = once(slow, 'close')
    expect(await parley.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    await hungUp
  })
})

/** Opens a request that the server has begun, and whose body does not arrive. */
async function holdRequestOpen(url: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    'POST /api/logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n'
  )
  // "100 Continue": without it, the signal may overtake the request, and an idle server simply stops.
  await once(socket, 'data')
  return socket
}

test('W3: no token is in the log at any log level', async () => {
  await using parley = await startParley({ env: { PARLEY_LOG_LEVEL: 'trace' } })
  const john = await loginAs(parley.url, 'john')
  const { token } = john
  const events = await fetch(`${parley.url}/api/messages?token=${token}`, {
    headers: { accept: 'text/event-stream' }
  })
  await events.body?.cancel()
  await call(`${parley.url}/api/messages?token=${token}`)
  await call(`${parley.url}/api/auth_user?token=${token}`)
  await call(`${parley.url}/api/%zz?token=${token}`)
  await call(`${parley.url}/nowhere?token=${token}`)
  await call(`${parley.url}/api/messages;token=${token}`)
  await call(`${parley.url}/api/messages%3Ftoken=${token}`)
  await john.get('/api/auth_user')
  const { body } = await john.post<{ token: string }>('/api/refresh_token')
  const login = await call(`${parley.url}/api/login?session=cookie`, {
    method: 'POST',
    headers: { origin: parley.url },
    body: { username: 'john' }
  })
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!
  await call(`${parley.url}/api/auth_user`, { headers: { cookie } })
  await parley.kill('SIGTERM')
  expect(parley.output()).toContain('"path":"/api/auth_user"')
  for (const secret of [token, body.token, cookie.split('=')[1]!]) {
    expect(secret).toMatch(/^.{43}$/)
    expect(parley.output()).not.toContain(secret)
  }
})
