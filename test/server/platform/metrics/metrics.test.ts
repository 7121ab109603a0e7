import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Problem } from '@parley/contract/problems'
import { createMetrics } from '../../../../server/platform/metrics/metrics.ts'
import { CommitQueue } from '../../../../server/platform/storage/commit-queue.ts'
import type { Send, SendOutcome } from '../../../../server/messages/procedures.ts'
import { freePort } from '../../../harness/parley.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../../harness/in-process.ts'
import { openStream } from '../../../harness/stream.ts'

let parley: InProcess
let url: string
let john: Person
let conversation: string
beforeAll(async () => {
  parley = await startInProcess({ PARLEY_METRICS_PORT: '0' })
  url = await parley.listen()
  john = await parley.signIn('john')
  conversation = (await john.conversationWith('jane')).id
})
afterAll(() => parley.close())

/** Returns the metrics by name and labels. */
async function readMetrics(app = parley.app): Promise<Map<string, number>> {
  const answer = await fetch(app.metricsUrl()!)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

/** Returns how much each of `names` grows during `work`. */
async function growth(names: string[], work: () => Promise<unknown>): Promise<number[]> {
  const before = await readMetrics()
  await work()
  const after = await readMetrics()
  return names.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0))
}

const messages = () => `/api/conversations/${conversation}/messages`

describe('metrics', () => {
  test('are served on their own port, and not on the public one', async () => {
    expect(refusal(await parley.inject('/metrics'))).toBe('404 not_found')
    const { origin } = new URL(parley.app.metricsUrl()!)
    expect((await fetch(`${origin}/`)).status).toBe(404)
    expect((await fetch(`${origin}/api/auth_user`)).status).toBe(404)
    expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(405)
  })

  test('are off by default', async () => {
    const quiet = await startInProcess()
    await quiet.listen()
    expect(quiet.app.metricsUrl()).toBeUndefined()
    await quiet.close()
  })

  test('of two servers in one process are separate', async () => {
    const other = await startInProcess({ PARLEY_METRICS_PORT: '0' })
    await other.listen()
    await john.post(messages(), { content: 'hello' })
    expect((await readMetrics(other.app)).get('parley_sends_total{outcome="accepted"}')).toBe(0)
    await other.close()
  })

  test('a port in use prevents the start, and the error names the setting', async () => {
    const port = await freePort()
    const holder = createServer().listen(port, 'localhost')
    await once(holder, 'listening')
    const late = await startInProcess({ PARLEY_METRICS_PORT: String(port) })
    await expect(late.listen()).rejects.toThrow(/^PARLEY_METRICS_PORT: .*EADDRINUSE/)
    await late.close()
    holder.close()
  })
})

describe('the server counts', () => {
  test('sends by outcome, and the size and time of every batch', async () => {
    const grown = await growth(
      [
        'parley_sends_total{outcome="accepted"}',
        'parley_sends_total{outcome="refused"}',
        'parley_sends_total{outcome="failed"}',
        'parley_send_batch_size_sum'
      ],
      () =>
        Promise.all([
          ...Array.from({ length: 10 }, () => john.post(messages(), { content: 'hello' })),
          john.post('/api/conversations/99999/messages', { content: 'hello' })
        ])
    )
    expect(grown).toEqual([10, 1, 0, 11])
    const now = await readMetrics()
    const batches = now.get('parley_send_batch_size_count')!
    expect(now.get('parley_send_commit_duration_seconds_count')).toBe(batches)
    expect(now.get('parley_send_batch_size_bucket{le="+Inf"}')).toBe(batches)
  })

  test('background jobs, by queue and state', async () => {
    const { store } = parley.app
    const soon = Date.now() + 60_000
    const jobs = ['one', 'two'].map((key) => ({ queue: 'sign-in.purge', key, payload: null, runAt: soon }))
    const [waiting] = await growth(['parley_jobs{queue="sign-in.purge",state="waiting"}'], () =>
      store.write('enqueueJobs', { jobs })
    )
    expect(waiting).toBe(2)
    expect((await readMetrics()).get('parley_jobs{queue="sign-in.purge",state="dead"}')).toBe(0)
  })

  test('sends of a failed batch as failed', async () => {
    const metrics = createMetrics()
    const outcomes: (SendOutcome | Error)[] = [new Problem('storage_unavailable'), { refused: 'not_found' }]
    const queue = new CommitQueue<Send, SendOutcome>(async () => outcomes, 2, metrics.onSends)
    const broken = new CommitQueue<Send, SendOutcome>(
      () => Promise.reject(new Error('gone')),
      2,
      metrics.onSends
    )
    const sends = [queue.add({} as Send), queue.add({} as Send), broken.add({} as Send)]
    const ends = (await Promise.allSettled(sends)).map(({ status }) => status)
    expect(ends).toEqual(['rejected', 'fulfilled', 'rejected'])
    const { hub, store } = parley.app
    metrics.watch({
      hub,
      store,
      sessions: { counts: { cached: 0, asked: 0 } },
      bus: { state: 'degraded' },
      jobs: { running: () => new Map(), count: async () => [] },
      presence: { size: 0 }
    })
    const text = await metrics.exposition.text()
    expect(text).toContain('parley_bus_up 0\n')
    expect(text).toContain('parley_sends_total{outcome="failed"} 2\n')
    expect(text).toContain('parley_sends_total{outcome="refused"} 1\n')
    expect(text).toContain('parley_send_batch_size_bucket{le="1"} 1\n')
    expect(text).toContain('parley_send_batch_size_bucket{le="2"} 2\n')
  })

  test('streams, wakes, pulls and bytes as their reader received them', async () => {
    const jane = await parley.signIn('jane')
    const before = await readMetrics()
    const stream = await openStream(url, jane.token)
    await stream.next()
    expect((await readMetrics()).get('parley_streams')).toBe(1)
    for (const content of ['one', 'two']) {
      await john.send(conversation, content)
      await stream.next()
    }
    const cursor = stream.lastEventId
    stream.cut()
    await vi.waitFor(() => expect(parley.app.hub.size).toBe(0))
    await john.send(conversation, 'missed')
    const resumed = await openStream(url, jane.token, { lastEventId: cursor })
    expect((await resumed.next()).data).toMatchObject({ content: 'missed' })
    const stale = await openStream(url, jane.token, { lastEventId: 'elsewhere-1' })
    expect((await stale.next()).name).toBe('reset')
    const after = await readMetrics()
    const grown = (name: string) => after.get(name)! - before.get(name)!
    expect(grown('parley_streams_opened_total')).toBe(3)
    expect(grown('parley_stream_wakes_total')).toBe(2)
    expect(grown('parley_stream_pulls_total{source="ring"}')).toBe(2)
    expect(grown('parley_stream_pulls_total{source="database"}')).toBe(1)
    expect(grown('parley_stream_resets_total')).toBe(1)
    expect(grown('parley_delivery_lag_seconds_count')).toBe(2)
    expect(grown('parley_delivery_lag_seconds_sum')).toBeGreaterThan(0)
    // A delivery is neither before its commit nor a minute after it.
    expect(grown('parley_delivery_lag_seconds_sum')).toBeLessThan(60)
    resumed.cut()
    stale.cut()
  })

  test('every byte of a stream', async () => {
    const jane = await parley.signIn('jane')
    let received = ''
    const [written] = await growth(['parley_stream_written_bytes_total'], async () => {
      const socket = connect(Number(new URL(url).port), new URL(url).hostname)
      const headers = ['Host: localhost', `Authorization: Bearer ${jane.token}`, 'Accept: text/event-stream']
      socket.write(`GET /api/messages HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      for await (const chunk of socket) {
        received += String(chunk)
        if (/event: sync\n.*\n\n$/.test(received)) break
      }
    })
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(written).toBe(received.length)
  })

  test('requests by route and status class, with unanswered ones as one class', async () => {
    const route = 'route="/api/conversations/:conversationId/messages"'
    const grown = await growth(
      [
        `parley_http_request_duration_seconds_count{method="GET",${route},status="2xx"}`,
        `parley_http_request_duration_seconds_count{method="GET",${route},status="4xx"}`,
        'parley_http_request_duration_seconds_count{method="any",route="web",status="4xx"}'
      ],
      async () => {
        await john.get(messages())
        await john.get('/api/conversations/99999/messages')
        await parley.inject('/api/nope')
        await parley.inject({ method: 'PROPFIND' as 'GET', url: '/api/conversations' })
      }
    )
    expect(grown).toEqual([1, 1, 2])
    const names = [...(await readMetrics()).keys()]
    expect(names.filter((name) => name.includes('PROPFIND') || name.includes('nope'))).toEqual([])
  })

  test('tokens found in the cache and tokens looked up', async () => {
    const names = ['cache', 'database'].map((source) => `parley_session_lookups_total{source="${source}"}`)
    const grown = await growth(names, async () => {
      const jane = await parley.signIn('jane')
      for (let index = 0; index < 3; index++) await jane.get('/api/auth_user')
    })
    expect(grown).toEqual([2, 1])
  })

  test('without any content or identity of users', async () => {
    await john.post(messages(), { content: 'a secret between us' })
    const text = await (await fetch(parley.app.metricsUrl()!)).text()
    expect(text).not.toMatch(/secret|john|jane/)
    expect(text).not.toContain(john.token)
  })
})
