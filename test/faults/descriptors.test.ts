import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { readdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { freePort, startParley } from '../harness/parley.ts'
import { untilTrue } from '../harness/process-state.ts'

const descriptorsMax = 128

test('a scrape without free descriptors ends nothing, and the next scrape succeeds', async () => {
  const metricsPort = await freePort()
  await using parley = await startParley({
    env: { PARLEY_METRICS_PORT: String(metricsPort) },
    under: () => ['prlimit', `--nofile=${descriptorsMax}`]
  })
  // The connection is opened before the descriptors run out.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  async function scrape(): Promise<[status: number | undefined, body: string]> {
    const asked = request(`http://localhost:${metricsPort}/metrics`, { agent }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    return [answer.statusCode, await text(answer)]
  }
  const open = () => readdirSync(`/proc/${parley.pid}/fd`).length
  expect((await scrape())[1]).toMatch(/^process_open_fds \d+$/m)

  const port = Number(new URL(parley.url).port)
  const sockets = Array.from({ length: 2 * descriptorsMax }, () =>
    connect(port, 'localhost').on('error', () => {})
  )
  await untilTrue('no descriptor is left', () => open() === descriptorsMax)
  const [status, body] = await scrape()
  expect([200, 500]).toContain(status)
  if (status === 200) expect(body).toMatch(/^process_open_fds Nan$/m)

  for (const socket of sockets) socket.destroy()
  await untilTrue('descriptors are free again', () => open() < descriptorsMax)
  expect(await scrape()).toEqual([200, expect.stringMatching(/^process_open_fds \d+$/m)])
  expect((await fetch(`${parley.url}/livez`)).status).toBe(200)
  agent.destroy()
})
