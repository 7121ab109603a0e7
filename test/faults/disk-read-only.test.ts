import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { openStream } from '../harness/stream.ts'

/** Runs a command; returns whether it succeeded. */
function run(command: string, ...options: string[]): boolean {
  return spawnSync(command, options, { stdio: 'ignore' }).status === 0
}

// A separate file system that can turn read-only during the test: ext4 in a file, without a journal, whose
// threads would keep it busy.
const place = mkdtempSync(join(tmpdir(), 'parley-read-only-'))
const [image, disk] = [join(place, 'image'), join(place, 'disk')]
const mount = () => run('mount', '-o', 'loop', image, disk)
const mounted =
  run('truncate', '-s', '32M', image) &&
  run('mkfs.ext4', '-q', '-F', '-O', '^has_journal', image) &&
  run('mkdir', disk) &&
  mount()

let parley: Parley
let john: Api
let path: string
beforeAll(async () => {
  if (!mounted) return
  parley = await startParley({ dataDir: join(disk, 'data') })
  john = await loginAs(parley.url, 'john')
  path = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
})
afterAll(async () => {
  if (mounted) {
    await parley.stop()
    execFileSync('umount', [disk])
  }
  await rm(place, { recursive: true, force: true })
})

/**
 * Makes writes to every file and to the folder fail, even through open descriptors; or makes them writable
 * again.
 */
function immutable(yes: boolean): void {
  const folder = join(disk, 'data')
  // Sockets do not have this flag.
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  execFileSync('chattr', [yes ? '+i' : '-i', folder, ...files.map(({ name }) => join(folder, name))])
}

const send = (content: string, clientId: string) =>
  john.post<Partial<Message> & { code?: string }>(path, { content, clientId })
const contents = async () =>
  (await john.get<Message[]>(`${path}?peek=1`)).body.map(({ content }) => content).toReversed()
async function expectRefused(content: string, clientId: string): Promise<void> {
  const { status, body } = await send(content, clientId)
  expect([status, body.code]).toEqual([503, 'storage_unavailable'])
}

test.runIf(mounted)(
  'D3 (needs root, to mount a disk): files that reject writes get 503 without false acknowledgements, and Parley recovers once they are writable',
  async () => {
    const stream = await openStream(parley.url, john.token)
    await stream.until(({ name }) => name === 'sync')
    expect((await send('before', randomUUID())).status).toBe(201)
    const clientId = randomUUID()
    immutable(true)
    await expectRefused('meanwhile', clientId)
    await expectRefused('meanwhile', clientId)
    // Reads continue with a cached session; a new session cannot be stored.
    expect(await contents()).toEqual(['before'])
    expect((await john.get('/readyz')).status).toBe(200)
    await expect(loginAs(parley.url, 'jane')).rejects.toThrow('503')
    const late = await openStream(parley.url, john.token, { query: `?after=${stream.lastEventId}` })
    await late.until(({ name }) => name === 'sync')

    immutable(false)
    expect((await send('meanwhile', clientId)).status).toBe(201)
    expect(await contents()).toEqual(['before', 'meanwhile'])
    for (const each of [stream, late]) {
      await each.until(({ data }) => (data as Message).content === 'meanwhile')
      each.cut()
    }
  }
)

test.runIf(mounted)(
  'D3 (needs root, to mount a disk): a disk that turned read-only after an error refuses sends, and all acknowledged messages are there after the repair',
  async () => {
    // This is what the system does on a disk error.
    execFileSync('mount', ['-o', 'remount,abort', disk])
    expect(() => writeFileSync(join(disk, 'x'), '')).toThrow('EROFS')
    const clientId = randomUUID()
    await expectRefused('on a broken disk', clientId)
    expect(await contents()).toEqual(['before', 'meanwhile'])

    await parley.kill()
    execFileSync('umount', [disk])
    expect(mount()).toBe(true)
    await parley.restart()
    expect(await contents()).toEqual(['before', 'meanwhile'])
    expect((await send('on a broken disk', clientId)).status).toBe(201)
    expect((await send('on a broken disk', clientId)).status).toBe(201)
    expect(await contents()).toEqual(['before', 'meanwhile', 'on a broken disk'])
  }
)
