import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '@parley/contract/entities'
import { loginAs } from '../harness/api.ts'
import { repository, startParley } from '../harness/parley.ts'

const run = promisify(execFile)

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-releases-'))
  await mkdir(join(place, 'releases'))
})
afterAll(() => rm(place, { recursive: true }))

/** The commands of the page that begin with `first`, with folders of the test's own. */
async function documented(first: string): Promise<string> {
  const page = await readFile(join(repository, 'docs/OPERATIONS.md'), 'utf8')
  const section = page.slice(page.indexOf('## Upgrade and roll back'))
  const blocks = Array.from(section.matchAll(/^( *)```sh\n([^]*?)^ *```/gm), ([, indent, text]) =>
    text!.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
  )
  const block = blocks.find((text) => text.includes(first))
  if (!block) throw new Error(`no commands with ${first} are documented`)
  return block.replaceAll('/opt/parley', place)
}

/**
 * Stands for programs that reach beyond the test: npm gives the packages that are installed here, and a web app that says
 * which release it is of; systemctl says what it was asked.
 */
const programs = `
npm() {
  case "$1" in
    ci)
      mkdir node_modules
      for each in "$REPOSITORY"/node_modules/* "$REPOSITORY"/node_modules/.bin; do
        [ "\${each##*/}" = @parley ] || ln -s "$each" node_modules/
      done
      cp -a "$REPOSITORY/node_modules/@parley" node_modules/ ;;
    run)
      mkdir -p web/dist/assets
      echo "<!doctype html><title>$(basename "$PWD")</title>" > web/dist/index.html
      echo "// $(basename "$PWD")" > "web/dist/assets/page-$(basename "$PWD").js" ;;
  esac
}
systemctl() { echo "systemctl $*"; }
# A second between two releases, as between two people's.
date() { echo "$RELEASE"; }
`

async function follow(commands: string, release = ''): Promise<string> {
  const text = commands.replace('https://git.example.org/parley.git', repository)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', programs + text], {
    env: { ...process.env, REPOSITORY: repository, RELEASE: release }
  })
  return stdout
}

const pageOf = async (url: string) => /<title>(.*)<\/title>/.exec(await (await fetch(url)).text())?.[1]
const statusOf = async (url: string) => (await fetch(url)).status
const threadsOf = async (pid: number) => (await readdir(`/proc/${pid}/task`)).length

test('U5: the documented upgrade leaves the running version alone until it is restarted, and so does the way back', async () => {
  const unit = await readFile(join(repository, 'deploy/parley.service'), 'utf8')
  expect(unit).toContain('WorkingDirectory=/opt/parley/current\n')
  expect(unit).toContain('ExecStart=/opt/parley/current/node_modules/.bin/node server/parley.js serve\n')
  const current = join(place, 'current')

  await follow(await documented('git clone'), 'first')
  await using server = await startParley({ checkout: current, env: { PARLEY_RATE_LIMITS: 'off' } })
  const john = await loginAs(server.url, 'john')
  const { id } = await john.conversationWith('jane')
  await john.send(id, 'before')
  expect(await pageOf(server.url)).toBe('first')

  await follow(await documented('git clone'), 'second')
  expect(basename(await readlink(current))).toBe('second')
  // What the old process loads now, or reads from disk, is of its own release; of the other one it would break.
  const worker = join(place, 'releases/second/server/storage/sqlite/worker.ts')
  const source = await readFile(worker)
  await writeFile(worker, "throw new Error('of another release')\n")
  const threads = await threadsOf(server.pid)
  // The second reader thread is started once a read would wait.
  while ((await threadsOf(server.pid)) === threads) {
    await Promise.all(
      Array.from({ length: 20 }, async () => expect((await john.get('/api/conversations')).status).toBe(200))
    )
  }
  await writeFile(worker, source)
  expect(await readlink(`/proc/${server.pid}/cwd`)).toBe(join(place, 'releases/first'))
  expect(await pageOf(server.url)).toBe('first')
  expect(await statusOf(`${server.url}/assets/page-first.js`)).toBe(200)
  expect(await statusOf(`${server.url}/assets/page-second.js`)).toBe(404)
  await john.send(id, 'meanwhile')

  const contents = async () =>
    (await john.get<Message[]>(`/api/conversations/${id}/messages`)).body.map(({ content }) => content)
  await server.kill('SIGTERM')
  await server.restart()
  expect(await pageOf(server.url)).toBe('second')
  expect(await contents()).toEqual(['meanwhile', 'before'])

  const back = (await documented('systemctl restart')).replace(/releases\/[\dT-]+/, 'releases/first')
  expect(await follow(back)).toBe('systemctl restart parley\n')
  expect(await pageOf(server.url)).toBe('second')
  await server.kill('SIGTERM')
  await server.restart()
  expect(await pageOf(server.url)).toBe('first')
  expect(await contents()).toEqual(['meanwhile', 'before'])
})
