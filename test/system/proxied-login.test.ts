import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callFor, loginAs } from '../harness/api.ts'
import { defaultConfig, hasNginx, documentedConfig, startNginx } from '../harness/nginx.ts'
import { freePort, startParley, type Parley } from '../harness/parley.ts'

const keptAlive = 'proxy_http_version 1.1; proxy_set_header Connection "";'
const upstream = (port: number, node: number, more: string) =>
  `upstream parley { server 127.0.0.1:${node}; keepalive 8; }\n` +
  defaultConfig(port, node, more).replace(`localhost:${node}`, 'parley')

/** Ways in which administrators put nginx in front of a server. */
const configs: Record<string, (port: number, node: number) => string | Promise<string>> = {
  'a lone proxy_pass': defaultConfig,
  'a lone proxy_pass to an IP address': (port, node) =>
    defaultConfig(port, node).replace(`localhost:${node}`, `127.0.0.1:${node}`),
  'the block of docs/SCALING.md': (port, node) => documentedConfig(port, [node, node, node]),
  'HTTP/1.1': (port, node) => defaultConfig(port, node, 'proxy_http_version 1.1;'),
  'HTTP/1.1 to an IP address': (port, node) =>
    defaultConfig(port, node, 'proxy_http_version 1.1;').replace(`localhost:${node}`, `127.0.0.1:${node}`),
  'Host $host': (port, node) => defaultConfig(port, node, `${keptAlive} proxy_set_header Host $host;`),
  'a keep-alive upstream': (port, node) => upstream(port, node, keptAlive),
  'a keep-alive upstream with Host $host': (port, node) =>
    upstream(port, node, `${keptAlive} proxy_set_header Host $host;`)
}

describe.skipIf(!hasNginx)(
  `Behind nginx (${hasNginx ? 'in common configurations' : 'nginx is not installed'})`,
  () => {
    let port: number
    let node: number
    const parleys: Parley[] = []
    beforeAll(async () => {
      port = await freePort()
      // With default settings, and with nginx's address as ORIGIN.
      parleys.push(await startParley())
      parleys.push(await startParley({ env: { ORIGIN: `http://localhost:${port}` } }))
    })
    afterAll(async () => {
      for (const parley of parleys) await parley.stop()
    })

    test.each(Object.entries(configs))(
      'L2: no one signs in without a password through %s',
      async (_name, configOf) => {
        for (const parley of parleys) {
          node = Number(new URL(parley.url).port)
          const nginx = await startNginx(port, await configOf(port, node))
          try {
            const hosts = [
              `localhost:${port}`,
              `localhost:${node}`,
              'localhost',
              `127.0.0.1:${node}`,
              'chat.example.org'
            ]
            for (const host of hosts) {
              for (const query of ['', '?session=cookie']) {
                const asked = { method: 'POST', body: { username: 'john' } }
                const answer = await callFor(host, `http://127.0.0.1:${port}/api/login${query}`, asked).catch(
                  // The configuration of docs/SCALING.md closes requests for unknown names without an answer.
                  () => null
                )
                expect([host, answer?.headers.get('set-cookie') ?? null]).toEqual([host, null])
                expect(JSON.stringify(answer?.body ?? null)).not.toContain('token"')
                expect([host, answer?.status ?? 404]).toEqual([host, 404])
              }
            }
            expect((await nginx.requests()).length).toBeGreaterThan(0)
          } finally {
            await nginx.close()
          }
        }
        // Without the proxy, it works from this machine.
        await loginAs(parleys[0]!.url, 'john')
        await loginAs(parleys[1]!.url, 'john', `http://localhost:${port}`)
      }
    )
  }
)
