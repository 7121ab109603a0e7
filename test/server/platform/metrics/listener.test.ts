import { readdir } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { RawConnection } from '../../../harness/raw-connection.ts'

vi.mock('node:fs/promises', { spy: true })
// Another test in this process may have loaded them with the real module.
vi.resetModules()
const { Exposition } = await import('../../../../server/platform/metrics/exposition.ts')
const { listenForMetrics } = await import('../../../../server/platform/metrics/listener.ts')

afterEach(() => {
  vi.restoreAllMocks()
})

const anywhere = { host: '127.0.0.1', port: 0 }

test('a failed scrape is answered with 500 and reported, and ends nothing', async () => {
  const exposition = new Exposition()
  const broken = new Error('EMFILE: too many open files')
  vi.spyOn(exposition, 'text').mockRejectedValue(broken)
  const failures: unknown[] = []
  const listener = await listenForMetrics(exposition, anywhere, (error) => failures.push(error))
  expect((await fetch(listener.url)).status).toBe(500)
  expect(failures).toEqual([broken])
  vi.restoreAllMocks()
  expect((await fetch(listener.url)).status).toBe(200)
  listener.close()
})

test('a process without a free descriptor reports everything but the open descriptors', async () => {
  const listener = await listenForMetrics(new Exposition(), anywhere, (error) => expect.fail(String(error)))
  vi.mocked(readdir).mockRejectedValue(new Error('EMFILE: too many open files'))
  const answer = await fetch(listener.url)
  expect(answer.status).toBe(200)
  const text = await answer.text()
  expect(text).toMatch(/^process_open_fds Nan$/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  listener.close()
})

test('S18: unread scrapes are bounded', async () => {
  const exposition = new Exposition()
  const text = vi.spyOn(exposition, 'text')
  const listener = await listenForMetrics(exposition, anywhere, (error) => expect.fail(String(error)))
  const connection = await RawConnection.open(listener.url)
  connection.read().send('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1_000))
  await connection.closed
  expect(text.mock.calls.length).toBe(8)
  listener.close()
})
