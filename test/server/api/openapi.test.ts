import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { routes } from '@parley/contract/routes'
import { describeRoutes } from '../../../server/platform/http/openapi.ts'
import { startInProcess, type InProcess } from '../../harness/in-process.ts'

vi.mock('node:fs/promises', { spy: true })

type Document = { openapi: string; security: unknown; paths: Record<string, Record<string, unknown>> }

let parley: InProcess
let document: Document
beforeAll(async () => {
  parley = await startInProcess({}, describeRoutes)
  await parley.app.server.ready()
  document = JSON.parse(JSON.stringify(parley.app.server.swagger())) as Document
})
afterAll(() => parley.close())

test('the server serves docs/openapi.json, which node scripts/write-docs.ts generates from its routes', async () => {
  expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(document)
  const answer = await parley.inject('/api/openapi.json')
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(answer.json()).toEqual(document)
})

test('it contains exactly the routes of the contract', () => {
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  )
  const inContract = Object.values(routes).map(
    ({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`
  )
  expect(documented.toSorted()).toEqual(inContract.toSorted())
})

test('it says which routes need a session, by their access', () => {
  for (const { method, url, access } of Object.values(routes)) {
    const operation = document.paths[url.replace(/:(\w+)/g, '{$1}')]![method.toLowerCase()]
    const { security } = operation as { security?: unknown }
    expect([method, url, security]).toEqual([method, url, access === 'public' ? [] : undefined])
  }
  expect(document.security).toEqual([{ bearer: [] }, { cookie: [] }])
  expect(JSON.stringify(document)).not.toContain('x-required-role')
})

test('it names the server role that a route requires', async () => {
  const roles = ['public', 'user', 'moderator', 'administrator'] as const
  const other = await startInProcess({}, async (server) => {
    await describeRoutes(server)
    for (const access of roles) {
      const options = { access, rate: 'public', schema: { response: {} } } as const
      server.get(`/api/made_up/${access}`, options, async () => '')
    }
  })
  await other.app.server.ready()
  const { paths } = other.app.server.swagger() as Document
  expect(
    roles.map(
      (access) => (paths[`/api/made_up/${access}`]!['get'] as Record<string, unknown>)['x-required-role']
    )
  ).toEqual([undefined, undefined, 'moderator', 'administrator'])
  await other.close()
})

test('it is OpenAPI 3.1, and all its references resolve', () => {
  expect(document.openapi).toBe('3.1.0')
  for (const [, pointer] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = pointer!
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document)
    expect(found, pointer).toBeTypeOf('object')
  }
})

test('it is read and compressed once for all requests', async () => {
  const gzipped = { url: '/api/openapi.json', headers: { 'accept-encoding': 'gzip' } }
  const first = await parley.inject(gzipped)
  const answers = await Promise.all([
    parley.inject(gzipped),
    parley.inject(gzipped),
    parley.inject(gzipped.url)
  ])
  expect(answers.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip', undefined])
  expect(JSON.parse(gunzipSync(answers[0].rawPayload).toString())).toEqual(document)
  expect(readFile).not.toHaveBeenCalled()
  // These are the bytes of the first answer, not a new compression.
  expect(answers[0].rawPayload).toEqual(first.rawPayload)
})
