import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askServer, commandSocketPath, listenForCommands } from '../../server/commands/command-socket.ts'

const database = '/data/parley.db'

let place: string
let path: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-socket-'))
  path = commandSocketPath(place)
})
afterEach(() => rm(place, { recursive: true }))

const listen = () => listenForCommands(path, database, async (name, input) => ({ name, input }))
const ask = (names = ['anna']) => askServer(path, database, 'addUsers', names)

describe('The command socket', () => {
  test('answers, is accessible to its owner only, and is removed when the server stops', async () => {
    expect(await ask()).toBeNull()
    const socket = await listen()
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    expect(await ask()).toEqual({ result: { name: 'addUsers', input: ['anna'] } })
    const many = Array.from({ length: 50_000 }, (_, index) => `person-${index}`)
    expect(await ask(many)).toEqual({ result: { name: 'addUsers', input: many } })
    await socket.close()
    expect(existsSync(path)).toBe(false)
    expect(await ask()).toBeNull()
  })

  test('replaces the socket of a killed server, and a plain file', async () => {
    const dead = createServer().listen(path)
    await once(dead, 'listening')
    // A killed server leaves the file behind, and no one answers on it.
    const { link, unlink } = await import('node:fs/promises')
    await link(path, `${path}.kept`)
    dead.close()
    await once(dead, 'close')
    await link(`${path}.kept`, path)
    await unlink(`${path}.kept`)
    expect(await ask()).toBeNull()
    const socket = await listen()
    expect(await ask()).not.toBeNull()
    await socket.close()

    writeFileSync(path, '')
    const again = await listen()
    expect(await ask()).not.toBeNull()
    await again.close()
  })

  test('does not replace the socket of another server that answers', async () => {
    const socket = await listen()
    await expect(listen()).rejects.toThrow(/another Parley answers at .*; give each its own DATA_DIR/)
    expect(await ask()).not.toBeNull()
    await socket.close()
  })

  test('refuses commands for another database or another version', async () => {
    const socket = await listen()
    await expect(askServer(path, '/else/parley.db', 'addUsers', [])).rejects.toThrow(/check DATABASE_URL/)
    await expect(askServer(path, database, 'constructor' as 'addUsers', [])).rejects.toThrow(
      /does not know the command constructor/
    )
    await socket.close()
  })

  test('reports why a command failed', async () => {
    const socket = await listenForCommands(path, database, async () => {
      throw new Error('the disk is full')
    })
    await expect(ask()).rejects.toThrow('the disk is full')
    await socket.close()
  })

  test('refuses a path that is too long, in a line that says what to do', async () => {
    const deep = commandSocketPath(join(place, 'x'.repeat(100)))
    await expect(listenForCommands(deep, database, async () => null)).rejects.toThrow(
      /choose a shorter DATA_DIR/
    )
  })

  test.each([['junk\n'], ['null\n'], ['{}\n'], ['{"database":1}\n'], [''], ['x'.repeat(5_000_000)]])(
    'closes connections that send junk, and keeps serving',
    async (text) => {
      const socket = await listen()
      const client = connect(path).on('error', () => {})
      const closed = new Promise((resolve) => client.once('close', resolve))
      client.resume()
      client.end(text)
      await closed
      expect(await ask()).not.toBeNull()
      await socket.close()
    }
  )

  test('reports to a command that the server is busy or stopping', async () => {
    const socket = await listen()
    const idle = Array.from({ length: 16 }, () => connect(path).on('error', () => {}))
    await Promise.all(idle.map((each) => once(each, 'connect')))
    for (let round = 0; round < 5; round++) await expect(ask()).rejects.toThrow(/busy: try again/)
    await socket.close()

    const silent = createServer((client) => client.end()).listen(path)
    await once(silent, 'listening')
    await expect(ask()).rejects.toThrow(/busy: try again/)
    silent.close()
  })

  test('waits at a stop for running commands, but not for idle connections', async () => {
    const begun = Promise.withResolvers<void>()
    const done = Promise.withResolvers<string>()
    const socket = await listenForCommands(path, database, () => {
      begun.resolve()
      return done.promise
    })
    const idle = connect(path)
    await once(idle, 'connect')
    const answer = ask()
    await begun.promise
    const closed = socket.close()
    await once(idle, 'close')
    done.resolve('done')
    expect(await answer).toEqual({ result: 'done' })
    await closed
  })
})
