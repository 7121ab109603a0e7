import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../../../server/platform/http/fastify-server.ts'
import { refuseUnknown } from '../../../../server/platform/http/methods.ts'
import { answerProblem } from '../../../../server/platform/http/problems.ts'
import { serveWebApp } from '../../../../server/platform/http/web-app.ts'
import { refusal } from '../../../harness/in-process.ts'

let folder: string
let server: Server

async function serve(root: string): Promise<Server> {
  const made = fastify() as unknown as Server
  made.setErrorHandler(answerProblem)
  refuseUnknown(made)
  await serveWebApp(made, root)
  return made
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-web-'))
  await mkdir(join(folder, 'dist/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'dist/.hidden'), 'secret')
  await writeFile(join(folder, 'dist/index.html'), '<!doctype html><title>Parley</title>')
  await writeFile(join(folder, 'dist/icon.svg'), '<svg/>')
  await writeFile(join(folder, 'dist/assets/app-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'dist/assets/big-3c4d.js'), 'export {}')
  await writeFile(join(folder, 'dist/assets/big-3c4d.js.br'), brotliCompressSync('export {}'))
  await writeFile(join(folder, 'dist/assets/big-3c4d.js.gz'), gzipSync('export {}'))
  server = await serve(join(folder, 'dist'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

describe('the web app', () => {
  test.each([
    '/',
    '/index.html',
    '/callback?token=x',
    '/conversations/42',
    '/nowhere/at/all',
    '/a%2Fb',
    '/apis'
  ])('answers %s with its index page, which must be revalidated', async (url) => {
    const answer = await server.inject(url)
    expect([answer.statusCode, answer.body]).toEqual([200, '<!doctype html><title>Parley</title>'])
    expect(answer.headers['content-type']).toMatch(/^text\/html/)
    expect(answer.headers['cache-control']).toBe('no-cache')
  })

  test('lets its page load only its own files, and forbids framing', async () => {
    const policy = String((await server.inject('/')).headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  })

  test('caches its hashed assets for ever', async () => {
    const answer = await server.inject('/assets/app-1a2b.js')
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers['content-type']).toMatch(/javascript/)
  })

  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip, br;q=0', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
    [undefined, undefined, (bytes: Buffer) => bytes]
  ])(
    'answers Accept-Encoding %s with the copy in %s, cached for ever',
    async (accepted, encoding, decode) => {
      const answer = await server.inject({
        url: '/assets/big-3c4d.js',
        headers: { ...(accepted !== undefined && { 'accept-encoding': accepted }) }
      })
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(answer.headers['content-type']).toMatch(/javascript/)
      expect(answer.headers['vary']).toMatch(/accept-encoding/i)
      expect(decode(answer.rawPayload).toString()).toBe('export {}')
    }
  )

  test('gives each copy its own ETag and answers 304 if it matches', async () => {
    const tagOf = async (encoding: string) =>
      String(
        (await server.inject({ url: '/assets/big-3c4d.js', headers: { 'accept-encoding': encoding } }))
          .headers.etag
      )
    const tags = await Promise.all(['br', 'gzip', 'identity'].map(tagOf))
    expect(new Set(tags).size).toBe(3)
    const headers = { 'accept-encoding': 'br', 'if-none-match': tags[0]! }
    expect((await server.inject({ url: '/assets/big-3c4d.js', headers })).statusCode).toBe(304)
  })

  test('sends a file without a compressed copy as it is', async () => {
    const answer = await server.inject({
      url: '/assets/app-1a2b.js',
      headers: { 'accept-encoding': 'gzip, br' }
    })
    expect([answer.statusCode, answer.body, answer.headers['content-encoding']]).toEqual([
      200,
      'export {}',
      undefined
    ])
  })

  test('revalidates its other files', async () => {
    const answer = await server.inject('/icon.svg')
    expect([answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
      expect.stringContaining('image/svg'),
      'no-cache'
    ])
  })

  test('answers HEAD, and refuses other methods', async () => {
    expect((await server.inject({ method: 'HEAD', url: '/anything' })).statusCode).toBe(200)
    const answer = await server.inject({ method: 'POST', url: '/anything' })
    expect(refusal(answer)).toBe('405 method_not_allowed')
    expect(answer.headers.allow).toBe('GET, HEAD')
  })

  test.each(['/assets/none.js', '/assets/', '/assets', '/api/none', '/metrics'])(
    'has no page at %s',
    async (url) => {
      expect(refusal(await server.inject(url))).toBe('404 not_found')
    }
  )

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/.hidden',
    '/%00'
  ])('serves nothing outside its folder: %s', async (url) => {
    expect((await server.inject(url)).body).not.toContain('secret\n')
    expect((await server.inject(url)).body).not.toBe('secret')
  })
})

test('a web app that is not built says so', async () => {
  const empty = await serve(join(folder, 'nothing'))
  const answer = await empty.inject('/')
  expect(answer.statusCode).toBe(503)
  expect(answer.body).toContain('npm run build')
  await empty.close()
})
