import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAccountCommand } from '../../server/commands/account-command.ts'
import { parseNatsUrl } from '../../server/platform/realtime/nats-url.ts'
import { apiWith, call, loginAs, type Api } from '../harness/api.ts'
import { noCluster, startCluster, type Cluster } from '../harness/cluster.ts'
import { startNats } from '../harness/nats.ts'
import { startParley } from '../harness/parley.ts'
import { openStream, type EventStream, type StreamEvent, type StreamOptions } from '../harness/stream.ts'

const seqOf = ({ id }: StreamEvent) => Number(id!.split('-')[1])
const contentOf = ({ data }: StreamEvent) => (data as { content?: string }).content
const isLogged = ({ id }: StreamEvent) => id !== null

const isPresence = (person: Api, online: boolean) => (event: StreamEvent) => {
  const data = event.data as { userId?: string; online?: boolean }
  return event.name === 'presence' && data.userId === person.user.id && data.online === online
}
type Presence = { userId: string; online: boolean; lastSeenAt: string | null }

async function listen(person: Api, url: string, options: StreamOptions = {}): Promise<EventStream> {
  const stream = await openStream(url, person.token, options)
  await stream.until(({ name }) => name === 'sync')
  return stream
}

describe.skipIf(noCluster)(`Three nodes (${noCluster ?? 'one Postgres, one NATS, nginx'})`, () => {
  let cluster: Cluster
  let john: Api
  let jane: Api
  let conversation: string
  beforeAll(async () => {
    cluster = await startCluster()
    john = await loginAs(cluster.nodes[0]!.url, 'john', cluster.url)
    jane = await loginAs(cluster.nodes[1]!.url, 'jane', cluster.url)
    conversation = (await john.conversationWith('jane')).id
  })
  afterAll(() => cluster.close())

  const place = () => ({
    database: { kind: 'postgres' as const, url: cluster.databaseUrl },
    dataDir: cluster.nodes[0]!.dataDir,
    nats: parseNatsUrl(cluster.nats.url)
  })

  /** Returns the same user's API on another node, or on all of them through nginx. */
  const at = (person: Api, node?: number) =>
    apiWith(node === undefined ? cluster.url : cluster.nodes[node]!.url, person.token, person.user)

  const busOf = async (node: number) =>
    (await call<{ bus: string }>(`${cluster.nodes[node]!.url}/readyz`)).body.bus

  test('N1: users on different nodes talk, and all of them see one order', async () => {
    const streams = await Promise.all(
      [john, jane].flatMap((person) => cluster.nodes.map((node) => listen(person, node.url)))
    )
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => at(i % 2 ? john : jane, i % 3).send(conversation, `across ${i}`))
    )
    const orders = await Promise.all(
      streams.map(async (stream) => {
        const order: number[] = []
        while (order.length < 30) {
          const { name, data } = await stream.next()
          if (name.startsWith('message')) order.push((data as { position: number }).position)
        }
        return order
      })
    )
    for (const order of orders) {
      expect(order).toEqual(Array.from({ length: 30 }, (_, i) => order[0]! + i))
    }
    for (const stream of streams) stream.cut()
  })

  // By the sweep alone, each delivery would take three seconds.
  test('N1, N4: deliveries between nodes do not wait for the sweep', { timeout: 40_000 }, async () => {
    const stream = await listen(jane, cluster.nodes[1]!.url)
    for (let i = 0; i < 20; i++) {
      await at(john, 0).send(conversation, `ping ${i}`)
      await stream.until((event) => contentOf(event) === `ping ${i}`)
    }
    stream.cut()
    for (let i = 0; i < 20; i++) {
      const person = await loginAs(cluster.nodes[1]!.url, 'jane', cluster.url)
      const ending = await listen(person, cluster.nodes[2]!.url)
      await at(person, 0).post('/api/logout')
      await ending.ended
    }
  })

  test('N3: a stream that is cut resumes on any node with the same cursor', async () => {
    const first = await listen(jane, cluster.nodes[0]!.url)
    const start = Number(first.lastEventId.split('-')[1])
    let cursor = first.lastEventId
    first.cut()
    const seqs: number[] = []
    for (let round = 0; round < 9; round++) {
      await at(john, (round + 1) % 3).send(conversation, `round ${round}`)
      const stream = await openStream(cluster.nodes[round % 3]!.url, jane.token, { lastEventId: cursor })
      const event = await stream.until(isLogged)
      expect(contentOf(event)).toBe(`round ${round}`)
      seqs.push(seqOf(event))
      cursor = stream.lastEventId
      stream.cut()
    }
    expect(seqs).toEqual(Array.from({ length: 9 }, (_, i) => start + 1 + i))
  })

  test('E1: a key sent to all nodes at once, and again, is one message', async () => {
    const clientId = crypto.randomUUID()
    const once = () =>
      Promise.all([0, 1, 2].map((node) => at(john, node).send(conversation, 'once', clientId)))
    const answers = [...(await once()), ...(await once())]
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  })

  test('N4: a session that ends on one node ends on the others, with its streams', async () => {
    const person = await loginAs(cluster.nodes[0]!.url, 'jane', cluster.url)
    const streams = await Promise.all(cluster.nodes.map((node) => listen(person, node.url)))
    const other = await listen(jane, cluster.nodes[2]!.url)
    for (const node of [1, 2]) expect((await at(person, node).get('/api/auth_user')).status).toBe(200)
    await person.post('/api/logout')
    await Promise.all(streams.map((stream) => stream.ended))
    for (const node of [0, 1, 2]) expect((await at(person, node).get('/api/auth_user')).status).toBe(401)
    await john.send(conversation, 'still there?')
    await other.until((event) => contentOf(event) === 'still there?')
    other.cut()
  })

  test('S5, N4: a command that disables an account ends its sessions and streams on all nodes', async () => {
    await runAccountCommand(place(), 'addUsers', ['anna'])
    const anna = await loginAs(cluster.nodes[0]!.url, 'anna', cluster.url)
    const streams = await Promise.all(cluster.nodes.map((node) => listen(anna, node.url)))
    await runAccountCommand(place(), 'setDisabled', { usernames: ['anna'], disabled: true })
    await Promise.all(streams.map((stream) => stream.ended))
    for (const node of [0, 1, 2]) {
      expect((await at(anna, node).get('/api/auth_user')).status).toBe(401)
      const again = loginAs(cluster.nodes[node]!.url, 'anna', cluster.url)
      await expect(again).rejects.toThrow('account_disabled')
    }
  })

  test('N4: a refreshed token ends on its node with the first use of the new one elsewhere', async () => {
    const person = await loginAs(cluster.nodes[0]!.url, 'john', cluster.url)
    const old = await listen(person, cluster.nodes[2]!.url)
    const { body } = await at(person, 1).post<{ token: string }>('/api/refresh_token')
    expect((await at(person, 2).get('/api/auth_user')).status).toBe(200)
    const fresh = apiWith(cluster.nodes[0]!.url, body.token, person.user)
    expect((await fresh.get('/api/auth_user')).status).toBe(200)
    await old.ended
    expect((await at(person, 2).get('/api/auth_user')).status).toBe(401)
  })

  test('G5: typing and presence reach other nodes', async () => {
    const [hers, his] = await Promise.all([
      listen(jane, cluster.nodes[0]!.url, { signals: true }),
      listen(john, cluster.nodes[1]!.url, { signals: true })
    ])
    for (const node of [0, 1, 2]) {
      const ask = async () => (await at(jane, node).get<Presence[]>('/api/presence')).body
      await expect.poll(ask).toEqual([{ userId: john.user.id, online: true, lastSeenAt: null }])
    }
    // At a node where neither has a stream.
    expect((await at(john, 2).post(`/api/conversations/${conversation}/typing`)).status).toBe(204)
    const typing = await hers.until(({ name }) => name === 'typing')
    expect(typing).toMatchObject({ id: null, data: { conversationId: conversation, userId: john.user.id } })
    expect(his.seen.filter(({ name }) => name === 'typing')).toEqual([])
    for (const each of [hers, his]) each.cut()
  })

  test('N5: without NATS every node is ready, messages and logouts reach other nodes by the sweep, and all recover', async () => {
    const person = await loginAs(cluster.nodes[1]!.url, 'jane', cluster.url)
    const stream = await listen(jane, cluster.nodes[1]!.url)
    const ending = await listen(person, cluster.nodes[2]!.url)
    await cluster.nats.stop()
    for (const node of [0, 1, 2]) await expect.poll(() => busOf(node)).toBe('degraded')
    await at(john, 0).send(conversation, 'by the sweep')
    await stream.until((event) => contentOf(event) === 'by the sweep')
    await at(person, 0).post('/api/logout')
    await ending.ended
    // A stream opened in the meantime does not wait for NATS.
    const late = await listen(jane, cluster.nodes[2]!.url)
    await at(john, 1).send(conversation, 'to a late one')
    await late.until((event) => contentOf(event) === 'to a late one')

    await cluster.nats.start()
    for (const node of [0, 1, 2]) await expect.poll(() => busOf(node)).toBe('ok')
    await at(john, 2).send(conversation, 'and again')
    for (const each of [stream, late]) {
      await each.until((event) => contentOf(event) === 'and again')
      each.cut()
    }
  }, 60_000)

  test('N2, N4: a node that receives no hints gets messages and ended sessions by the sweep', async () => {
    await using deaf = await startParley({ env: { DATABASE_URL: cluster.databaseUrl } })
    const person = await loginAs(cluster.nodes[0]!.url, 'jane', cluster.url)
    const [stream, ending] = [await listen(jane, deaf.url), await listen(person, deaf.url)]
    await at(john, 0).send(conversation, 'to the deaf')
    await stream.until((event) => contentOf(event) === 'to the deaf')
    await person.post('/api/logout')
    await ending.ended
    stream.cut()
  })

  test('behind nginx with its defaults, events are not buffered, and requests go to all nodes in turn', async () => {
    const stream = await listen(jane, cluster.url)
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    for (let i = 0; i < 6; i++) {
      await at(john).send(conversation, `through nginx ${i}`)
      // Small events, one at a time: a proxy that waits for a full buffer would never forward them.
      await stream.until((event) => contentOf(event) === `through nginx ${i}`)
    }
    stream.cut()
    const sends = (await cluster.nginx.requests()).filter((line) =>
      line.includes(`/${conversation}/messages`)
    )
    expect(new Set(sends.map((line) => line.split(':').at(-1))).size).toBe(3)
  })

  test('G5: the users of a killed node are offline soon after, and were last seen until then', async () => {
    const hers = await listen(jane, cluster.nodes[0]!.url, { signals: true })
    const his = await listen(john, cluster.nodes[1]!.url)
    // As known by the recipient's node: his own node knows it first, and may be killed before it publishes
    // it.
    const known = async () => (await at(jane, 0).get<Presence[]>('/api/presence')).body[0]?.online
    await expect.poll(known).toBe(true)
    await cluster.nodes[1]!.kill('SIGKILL')
    const killedAt = Date.now()
    const { data } = await hers.until(isPresence(john, false))
    const { lastSeenAt } = data as Presence
    expect(Date.parse(lastSeenAt!)).toBeLessThanOrEqual(killedAt)
    for (const node of [0, 2]) {
      const ask = async () => (await at(jane, node).get<Presence[]>('/api/presence')).body
      await expect.poll(ask).toEqual([{ userId: john.user.id, online: false, lastSeenAt }])
    }
    await cluster.nodes[1]!.restart()
    const again = await listen(john, cluster.nodes[1]!.url)
    await hers.until(isPresence(john, true))
    for (const each of [hers, his, again]) each.cut()
  }, 60_000)

  test('N6: the users of a node that dies or stops continue on the others, through nginx', async () => {
    const stream = await listen(jane, cluster.url)
    const busy = await Promise.all(cluster.nodes.map((node) => listen(jane, node.url)))
    await cluster.nodes[0]!.kill('SIGKILL')
    await cluster.nodes[1]!.kill('SIGTERM')
    await Promise.all([busy[0]!.ended, busy[1]!.ended])
    const cursor = stream.lastEventId
    stream.cut()
    await at(john).send(conversation, 'to the last node')
    const again = await openStream(cluster.url, jane.token, { lastEventId: cursor })
    await again.until((event) => contentOf(event) === 'to the last node')
    for (const each of [again, ...busy]) each.cut()
    await Promise.all([cluster.nodes[0]!.restart(), cluster.nodes[1]!.restart()])
  })

  test('a node without its Postgres is not ready, and recovers by itself', async () => {
    const ready = async (node: number) => (await call(`${cluster.nodes[node]!.url}/readyz`)).status
    await cluster.postgres.kill()
    expect(await Promise.all([0, 1, 2].map(ready))).toEqual([503, 503, 503])
    const refused = await john.post(`/api/conversations/${conversation}/messages`, { content: 'lost?' })
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([503, 'storage_unavailable'])
    await cluster.postgres.restart()
    for (const node of [0, 1, 2]) await expect.poll(() => ready(node)).toBe(200)
    await john.send(conversation, 'it is back')
  }, 60_000)

  test('N5: a NATS that refuses the node stops its start, with one line that does not contain the password', async () => {
    await using strict = await startNats({ config: 'authorization { user: parley, password: sesame }' })
    const env = {
      DATABASE_URL: cluster.databaseUrl,
      NATS_URL: `nats://parley:wrong@127.0.0.1:${strict.port}`
    }
    const message = await startParley({ env }).then(
      () => 'it started',
      (error: Error) => error.message
    )
    expect(message.split('\n').slice(1)).toEqual([
      'Parley cannot start.',
      `  NATS at 127.0.0.1:${strict.port} refuses Parley: Authorization Violation. ` +
        'Check the name, the password and the permissions behind NATS_URL.',
      ''
    ])
  })
})
