import { expect, test, vi } from 'vitest'
import { release, repository, startParley } from '../harness/parley.ts'

// SQLite's threads run its statements, so the main thread does not load Kysely.
const absent = ['pg', '@nats-io/transport-node', 'prom-client', '@fastify/swagger', 'yaml', 'kysely']

test.each([
  // The bundle contains the serializers of Fastify's default, and runs none of them.
  ['its sources', repository, [...absent, '@fastify/fast-json-stringify-compiler']],
  ['the release', release, absent]
])(
  'Parley on SQLite alone, run from %s, loads no code for Postgres, NATS, metrics, or its API document',
  async (_, folder, without) => {
    const preload = new URL('./loaded-packages.ts', import.meta.url).href
    await using parley = await startParley({ folder, env: { NODE_OPTIONS: `--import ${preload}` } })
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
    for (const name of without) expect(packages).not.toContain(name)
  }
)
