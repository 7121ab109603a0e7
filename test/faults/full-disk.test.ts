import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { startParley, type Parley } from '../harness/parley.ts'

const disk = mkdtempSync(join(tmpdir(), 'parley-disk-'))
// A disk small enough to fill. Only root may mount one, and not in every container.
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status === 0

let server: Parley
let john: Api
let path: string
beforeAll(async () => {
  if (!mounted) return
  server = await startParley({ dataDir: disk })
  john = await loginAs(server.url, 'john')
  path = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
})
afterAll(async () => {
  if (mounted) {
    await server.stop()
    execFileSync('umount', [disk])
  }
  await rm(disk, { recursive: true, force: true })
})

function remount(options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, disk])
}

/** Returns all messages, oldest first. */
async function history(): Promise<string[]> {
  const contents: string[] = []
  for (let before = ''; ;) {
    const { body } = await john.get<Message[]>(`${path}?peek=1${before && `&before=${before}`}`)
    if (body.length === 0) return contents.toReversed()
    contents.push(...body.map((message) => message.content))
    before = body.at(-1)!.id
  }
}

type Sent = { clientId: string; content: string; status: number }

async function send(content: string, clientId: string = randomUUID()): Promise<Sent> {
  const { status, body } = await john.post<{ code?: string }>(path, { content, clientId })
  if (status !== 201) expect([status, body.code]).toEqual([503, 'storage_unavailable'])
  return { clientId, content, status }
}

/** Sends until one is refused. */
async function sendUntilRefused(name: string): Promise<Sent[]> {
  const sent: Sent[] = []
  do sent.push(await send(`${name} ${sent.length} ${'x'.repeat(3_000)}`))
  while (sent.at(-1)!.status === 201)
  return sent
}

test.runIf(mounted)(
  'D3 (needs root, to mount a small disk): a full disk refuses with 503, acknowledges nothing falsely, and recovers when there is space',
  async () => {
    const sent = await sendUntilRefused('until full')
    const acknowledged = sent.filter((each) => each.status === 201)
    expect(acknowledged.length).toBeGreaterThan(20)
    // Reads continue.
    expect(await history()).toEqual(acknowledged.map((each) => each.content))

    remount('size=64m')
    const refused = sent.at(-1)!
    expect((await send(refused.content, refused.clientId)).status).toBe(201)
    expect((await send('after')).status).toBe(201)
    expect(await history()).toEqual([...sent.map((each) => each.content), 'after'])
  }
)

test.runIf(mounted)(
  'D3 (needs root, to mount a small disk): a crash and restart on a disk that was full lose nothing',
  async () => {
    const before = await history()
    await server.kill('SIGKILL')
    await server.restart()
    expect(await history()).toEqual(before)
  }
)
