import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs } from '../harness/api.ts'
import { cleanEnv, release, repository, startParley } from '../harness/parley.ts'

const run = promisify(execFile)

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-releases-'))
  await mkdir(join(place, 'releases'))
})
afterAll(() => rm(place, { recursive: true }))

/** Returns the documented commands that begin with `first`, with the test's folders. */
async function documented(first: string): Promise<string> {
  const page = await readFile(join(repository, 'docs/OPERATIONS.md'), 'utf8')
  const section = page.slice(page.indexOf('## Upgrade'))
  const blocks = Array.from(section.matchAll(/^( *)```sh\n([^]*?)^ *```/gm), ([, indent, text]) =>
    text!.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
  )
  const block = blocks.find((text) => text.includes(first))
  if (!block) throw new Error(`no commands with ${first} are documented`)
  return block.replaceAll('/opt/parley', place)
}

/** Packs a version that names itself on its page. */
async function packRelease(version: string): Promise<void> {
  const folder = join(place, `built-${version}`)
  await mkdir(join(folder, 'web/assets'), { recursive: true })
  for (const name of ['server', 'openapi.json']) {
    await cp(join(release, name), join(folder, name), { recursive: true })
  }
  const manifest = JSON.parse(await readFile(join(release, 'package.json'), 'utf8')) as object
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }))
  await writeFile(join(folder, 'web/index.html'), `<!doctype html><title>${version}</title>`)
  await writeFile(join(folder, `web/assets/page-${version}.js`), `// ${version}`)
  await run('npm', ['pack', folder, '--pack-destination', place], { cwd: place, env: cleanEnv() })
}

/** Runs the commands. systemctl would act outside the test, so it only prints its arguments. */
async function follow(commands: string): Promise<string> {
  const { stdout } = await run('bash', [
    '-euo',
    'pipefail',
    '-c',
    `systemctl() { echo "systemctl $*"; }\n${commands}`
  ])
  return stdout
}

async function upgradeTo(version: string): Promise<void> {
  await packRelease(version)
  await follow((await documented('tar -xzf')).replace(/version=\S+/, `version=${version}`))
}

const pageOf = async (url: string) => /<title>(.*)<\/title>/.exec(await (await fetch(url)).text())?.[1]
const statusOf = async (url: string) => (await fetch(url)).status
const threadsOf = async (pid: number) => (await readdir(`/proc/${pid}/task`)).length

test('U5: the documented upgrade and rollback do not affect the running version until its restart', async () => {
  const unit = await readFile(join(repository, 'deploy/parley.service'), 'utf8')
  expect(unit).toContain('ExecStart=/opt/parley/current/server/parley.js serve\n')
  const current = join(place, 'current')

  await upgradeTo('0.1.0')
  await using server = await startParley({ folder: current, env: { PARLEY_RATE_LIMITS: 'off' } })
  const john = await loginAs(server.url, 'john')
  const { id } = await john.conversationWith('jane')
  await john.send(id, 'before')
  expect(await pageOf(server.url)).toBe('0.1.0')

  await upgradeTo('0.2.0')
  expect(basename(await readlink(current))).toBe('0.2.0')
  // Whatever the old process loads or reads from disk now comes from its own release; the other's would break
  // it.
  const worker = join(place, 'releases/0.2.0/server/worker.js')
  const source = await readFile(worker)
  await writeFile(worker, "throw new Error('of another release')\n")
  const threads = await threadsOf(server.pid)
  // The second reader thread starts once a read would wait.
  while ((await threadsOf(server.pid)) === threads) {
    await Promise.all(
      Array.from({ length: 20 }, async () => expect((await john.get('/api/conversations')).status).toBe(200))
    )
  }
  await writeFile(worker, source)
  expect(await readlink(`/proc/${server.pid}/cwd`)).toBe(join(place, 'releases/0.1.0'))
  expect(await pageOf(server.url)).toBe('0.1.0')
  expect(await statusOf(`${server.url}/assets/page-0.1.0.js`)).toBe(200)
  expect(await statusOf(`${server.url}/assets/page-0.2.0.js`)).toBe(404)
  await john.send(id, 'meanwhile')

  const contents = async () =>
    (await john.get<Message[]>(`/api/conversations/${id}/messages`)).body.map(({ content }) => content)
  await server.kill('SIGTERM')
  await server.restart()
  expect(await pageOf(server.url)).toBe('0.2.0')
  expect(await contents()).toEqual(['meanwhile', 'before'])

  const back = await documented('systemctl restart')
  expect(await follow(back)).toBe('systemctl restart parley\n')
  expect(await pageOf(server.url)).toBe('0.2.0')
  await server.kill('SIGTERM')
  await server.restart()
  expect(await pageOf(server.url)).toBe('0.1.0')
  expect(await contents()).toEqual(['meanwhile', 'before'])
})
