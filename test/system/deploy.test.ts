import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callFor } from '../harness/api.ts'
import { hasCaddy, startCaddy } from '../harness/caddy.ts'
import { hasOpenssl, createCertificate } from '../harness/certificates.ts'
import { createCrowd, type Member } from '../harness/crowd.ts'
import { hasNginx, startNginx } from '../harness/nginx.ts'
import { freePort, repository, startParley, type Parley } from '../harness/parley.ts'

const name = 'chat.example.org'
type Certificate = Awaited<ReturnType<typeof createCertificate>>
type Ports = { https: number; http: number; node: number }

/**
 * Returns one of our configurations with the test's ports and files. Throws if a replaced text does not
 * occur.
 */
async function adapted(file: string, replacements: [string, string][]): Promise<string> {
  let config = await readFile(join(repository, 'deploy', file), 'utf8')
  for (const [theirs, ours] of replacements) {
    if (!config.includes(theirs)) throw new Error(`deploy/${file} has no ${theirs}`)
    config = config.replaceAll(theirs, ours)
  }
  return config
}

const nginxConfig = ({ https, http, node }: Ports, { certificate, key }: Certificate) =>
  adapted('nginx.conf', [
    ['listen [::]:443', `listen [::1]:${https}`],
    ['listen [::]:80', `listen [::1]:${http}`],
    ['listen 443', `listen 127.0.0.1:${https}`],
    ['listen 80', `listen 127.0.0.1:${http}`],
    ['127.0.0.1:3001', `127.0.0.1:${node}`],
    ['/etc/letsencrypt/live/chat.example.org/fullchain.pem', certificate],
    ['/etc/letsencrypt/live/chat.example.org/privkey.pem', key]
  ])

const caddyConfig = ({ https, http, node }: Ports, { certificate, key }: Certificate) =>
  adapted('Caddyfile', [
    [
      '{\n\tlog {',
      `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port ${http}\n\thttps_port ${https}\n\tskip_install_trust\n\tlog {`
    ],
    ['chat.example.org {', `chat.example.org {\n\ttls ${certificate} ${key}`],
    ['127.0.0.1:3001', `127.0.0.1:${node}`],
    ['lb_try_duration 5s', 'lb_try_duration 100ms']
  ])

describe.skipIf(!hasOpenssl).each([
  { proxy: 'nginx', missing: !hasNginx, configOf: nginxConfig, start: startNginx },
  { proxy: 'Caddy', missing: !hasCaddy, configOf: caddyConfig, start: startCaddy }
])('Behind $proxy with the configuration in deploy/', ({ missing, configOf, start }) => {
  const stack = new AsyncDisposableStack()
  let certificate: Certificate
  let ports: Ports
  let parley: Parley
  let members: Member[]
  let logs: () => Promise<string>
  beforeAll(async () => {
    if (missing) return
    certificate = stack.use(await createCertificate(name))
    ports = { https: await freePort(), http: await freePort(), node: await freePort() }
    const crowd = await createCrowd(2, { paired: true })
    members = crowd.members
    stack.defer(() => rm(crowd.dataDir, { recursive: true }))
    parley = stack.use(
      await startParley({
        port: ports.node,
        dataDir: crowd.dataDir,
        env: {
          ORIGIN: `https://${name}:${ports.https}`,
          HOST: '127.0.0.1',
          PARLEY_TRUSTED_PROXIES: '127.0.0.1,::1',
          GITHUB_CLIENT_ID: 'id',
          GITHUB_CLIENT_SECRET: 'secret'
        }
      })
    )
    const proxy = await start(ports.https, await configOf(ports, certificate))
    stack.defer(() => proxy.close())
    logs = () => proxy.logs()
  })
  afterAll(() => stack.disposeAsync())

  async function ask(
    path: string,
    headers: Record<string, string> = {},
    host = `${name}:${ports.https}`,
    servername = name
  ): Promise<IncomingMessage> {
    const asked = request({
      host: '127.0.0.1',
      port: ports.https,
      path,
      servername,
      ca: certificate.authority,
      agent: false,
      headers: { host, ...headers }
    })
    asked.end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    return answer
  }

  test.skipIf(missing)('W3: no token or code of a URL reaches a log, even while Parley is down', async () => {
    const [john] = members as [Member]
    const who = await ask('/api/auth_user', { authorization: `Bearer ${john.token}` })
    expect([who.statusCode, JSON.parse(await text(who)).username]).toEqual([200, john.user.username])

    const stream = await ask(`/api/messages?token=${john.token}`, { accept: 'text/event-stream' })
    const [first] = (await once(stream, 'data')) as [Buffer]
    expect(first.toString()).toMatch(/^id: |^event: /m)
    stream.destroy()

    const start = await ask('/api/oauth/github')
    const state = new URL(start.headers.location!).searchParams.get('state')!
    const cookie = start.headers['set-cookie']![0]!.split(';')[0]!.split('=')[1]!
    for (const [path, headers] of [
      [`/api/oauth/github/callback?code=c0de-of-john&state=${state}`, { cookie: `parley_oauth=${cookie}` }],
      [`/callback?token=${john.token}`, {}],
      ['/', { referer: `https://${name}/callback?token=${john.token}`, cookie: `a=${john.token}` }]
    ] as const) {
      await text(await ask(path, headers))
    }
    await parley.kill()
    const away = await ask(`/api/messages?token=${john.token}`, { accept: 'text/event-stream' })
    await text(away)
    expect([502, 503]).toContain(away.statusCode)

    const written = (await logs()) + parley.output()
    // It did log these requests.
    expect(written).toContain('/api/oauth/github/callback')
    expect(written.split('/api/messages').length).toBeGreaterThan(2)
    const secrets = { token: john.token, code: 'c0de-of-john', state, cookie }
    expect(Object.entries(secrets).filter(([, secret]) => written.includes(secret))).toEqual([])
    await parley.restart()
  })

  test.skipIf(missing)('L2: another hostname gets no answer from Parley', async () => {
    const answers = [
      // Another name in TLS as well, and in Host alone.
      await ask('/api/login_methods', {}, 'evil.example', 'evil.example').then(text, () => 'none'),
      await ask('/api/login_methods', {}, 'evil.example').then(text, () => 'none')
    ]
    expect(answers.join()).not.toContain('github')
    expect(await text(await ask('/api/login_methods'))).toContain('github')
  })

  test.skipIf(missing)('plain http redirects to https', async () => {
    const answer = await callFor(name, `http://127.0.0.1:${ports.http}/conversations/1`)
    expect(answer.status).toBe(308)
    expect(answer.headers.get('location')).toMatch(/^https:\/\/chat\.example\.org(:\d+)?\/conversations\/1$/)
  })
})
