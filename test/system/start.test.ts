import { expect, test, vi } from 'vitest'
import { startParley } from '../harness/parley.ts'

test('A Parley on SQLite alone has loaded nothing of Postgres, NATS, metrics, or what describes its API', async () => {
  const preload = new URL('./loaded-packages.ts', import.meta.url).href
  await using parley = await startParley({ env: { NODE_OPTIONS: `--import ${preload}` } })
  process.kill(parley.pid, 'SIGUSR2')
  const packages = await vi.waitFor(
    () => {
      const line = /^loaded: (.+)\.$/m.exec(parley.output())
      expect(line).not.toBeNull()
      return line![1]!.split(' ')
    },
    { timeout: 30_000 }
  )
  expect(packages).toContain('fastify')
  // Its own threads run SQLite's statements.
  for (const absent of [
    'pg',
    '@nats-io/transport-node',
    'prom-client',
    '@fastify/swagger',
    'yaml',
    'kysely',
    '@fastify/fast-json-stringify-compiler'
  ]) {
    expect(packages).not.toContain(absent)
  }
})
