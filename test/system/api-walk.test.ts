import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { cleanEnv, repository, startParley } from '../harness/parley.ts'

const run = promisify(execFile)

test('the curl commands of docs/API.md work, line by line', async () => {
  const page = await readFile(join(repository, 'docs/API.md'), 'utf8')
  const walk = /```bash\n([^]*?)```/.exec(page)![1]!
  await using parley = await startParley({ env: { PARLEY_RATE_LIMITS: 'on' } })
  const lines = walk.replace('http://localhost:3000', parley.url)
  expect(lines).not.toBe(walk)

  const cwd = await mkdtemp(join(tmpdir(), 'parley-walk-'))
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines], {
    cwd,
    env: cleanEnv(),
    timeout: 60_000
  })
  const resumed = await readFile(join(cwd, 'resumed.txt'), 'utf8')
  await rm(cwd, { recursive: true })

  expect(stdout).toContain('"content":"hello jane"')
  expect(stdout.endsWith(resumed)).toBe(true)
  expect(resumed).toMatch(/^id: \w+-\d+\ndata: .*"are you there\?"/)
  expect(resumed).not.toContain('hello jane')
})
