// Over 300 lines: one list of all cluster faults, each with how it is injected and repaired.
import { Client } from 'pg'
import { addUsers } from '../../server/people/people.ts'
import { openStoreForCommand } from '../../server/open-store.ts'
import { loginBehind } from '../harness/api.ts'
import { startCluster, type Cluster } from '../harness/cluster.ts'
import { openHintLoss } from '../harness/hint-loss.ts'
import type { Parley } from '../harness/parley.ts'
import { administer } from '../harness/postgres.ts'
import { openTcpProxy, type TcpProxy } from '../harness/tcp-proxy.ts'
import { startProbe, type ProbeOptions } from './hint-probe.ts'
import {
  actorFaults,
  isInjecting,
  pause,
  pauseWhileInjecting,
  randomOf,
  startRecord,
  type Random,
  type StormRecord
} from './storm-record.ts'
import { findFaults } from './storm.ts'
import { runThrough, stormEnv, type StormOptions, type StormResult } from './storm-run.ts'

const nodeFaults = ['node killed (SIGKILL)', 'rolling deploy of all nodes']
const busFaults = ['NATS stopped', 'node cut off from NATS', 'hint lost']
const databaseFaults = [
  'Postgres restarted',
  'Postgres crashed',
  'tables locked, every connection waiting',
  'every connection of Postgres taken'
]
const faults = [...nodeFaults, ...busFaults, ...databaseFaults, ...actorFaults]

/** One hint in this many is lost. */
const hintsPerLoss = 10
/**
 * First only NATS is down, for longer than the delivery bound of that phase: without the sweep, every 3 s,
 * nothing would arrive in time. Later the bound also covers waits for Postgres.
 */
const quietMs = 9_000
const quietBoundMs = 7_000
const stormBoundMs = 12_000
/** Three nodes use at most 36 of them. */
const maxConnections = 60

/** Time for nginx to retry a node that it marked as down, and for every pool to reconnect, ms. */
const recoveryMs = 4_000

/** Runs a storm on three nodes with their Postgres and NATS. */
export async function runClusterStorm(options: StormOptions): Promise<StormResult> {
  const record = startRecord(faults)
  const lossy = randomOf(options.seed, 'hints')
  const links: TcpProxy[] = []
  await using stack = new AsyncDisposableStack()
  const cluster = stack.use(
    await startCluster({
      env: { ...stormEnv, PARLEY_LOG_LEVEL: 'warn' },
      postgresSettings: { max_connections: String(maxConnections) },
      async natsUrlOf(nats, node) {
        links[node] = stack.use(await openTcpProxy({ port: nats.port, host: '127.0.0.1' }))
        const loss = await openHintLoss(links[node].port, () => {
          const isLost = !record.calm && lossy() * hintsPerLoss < 1
          if (isLost) record.counts['hint lost']!++
          return isLost
        })
        return `nats://127.0.0.1:${stack.use(loss).port}`
      }
    })
  )
  const health = trackHealth()
  const database = trackHealth()
  let isQuiet = true
  const probe = await probeOf(cluster, record, {
    random: randomOf(options.seed, 'probe'),
    databaseSince: () => database.since,
    boundMs: () => (isQuiet ? quietBoundMs : stormBoundMs)
  })
  const nodes = cluster.nodes.map((node) => node.url)
  const places = [cluster.url, ...nodes]
  const longestMs = Math.min(180_000, options.ms / 4)
  const pauseMs = Math.min(5_000, options.ms / 16)

  async function breakAll(record: StormRecord, random: Random): Promise<void> {
    await stopNats(cluster, record, quietMs)
    isQuiet = false
    await Promise.all([
      breakNodes(cluster.nodes, health, record, random),
      breakBus(cluster, links, record, random, longestMs),
      breakDatabase(cluster, (act) => health.breaking(() => database.breaking(act)), record, random, pauseMs)
    ])
    while (performance.now() < health.since + recoveryMs) await pause(100)
  }
  const world = {
    url: (random: Random) => pick(places, random),
    signIn: { url: (random: Random) => pick(nodes, random), host: () => new URL(cluster.url).host },
    wasHealthy: (since: number) => since >= health.since + recoveryMs,
    sessionLagMs: stormBoundMs,
    breakers: [breakAll],
    addUsers: (usernames: string[]) => addUsersBeside(cluster, usernames),
    output: () => cluster.nodes.map((node, i) => `node ${i}:\n${node.output()}`).join('\n'),
    async inspect(record: StormRecord) {
      delays = await probe.finish()
      await findFaults({ kind: 'postgres', url: cluster.databaseUrl }, record)
    }
  }
  let delays: Awaited<ReturnType<typeof probe.finish>>
  const result = await runThrough(world, record, options)
  const { count, medianMs, p99Ms, mostMs } = delays!
  const measured = {
    'deliveries between nodes measured': count,
    'ms median': medianMs,
    'ms 99th percentile': p99Ms,
    'ms maximum': mostMs
  }
  return { ...result, measured }
}

/** Tracks since when nothing is broken; Infinity while something is. */
function trackHealth() {
  let broken = 0
  let since = 0
  return {
    get since() {
      return broken > 0 ? Infinity : since
    },
    async breaking(act: () => Promise<void>): Promise<void> {
      broken++
      await act()
      broken--
      since = performance.now()
    }
  }
}
type Health = ReturnType<typeof trackHealth>

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)]!
}

async function breakNodes(
  nodes: readonly Parley[],
  health: Health,
  record: StormRecord,
  random: Random
): Promise<void> {
  for (let round = 1; isInjecting(record); round++) {
    await pause(500 + random() * 2_500)
    await health.breaking(async () => {
      if (round % 4 === 2) {
        record.inject('rolling deploy of all nodes')
        for (const node of nodes) await restart(node, 'SIGTERM', record)
      } else {
        const node = pick(nodes, random)
        record.inject('node killed (SIGKILL)', node.url)
        await restart(node, 'SIGKILL', record, random() * 1_000)
      }
    })
  }
}

/** Stops a node and restarts it until it starts, as a service manager would. */
async function restart(
  node: Parley,
  signal: 'SIGTERM' | 'SIGKILL',
  record: StormRecord,
  awayMs = 0
): Promise<void> {
  const exit = await node.kill(signal)
  if (signal === 'SIGTERM' ? exit.code !== 0 : exit.signal !== 'SIGKILL') {
    record.violate(`${node.url} exited unexpectedly: ${JSON.stringify(exit)}\n${node.output().slice(-2_000)}`)
  }
  await pause(awayMs)
  for (let started = false; !started;) {
    const printed = node.output().length
    try {
      await node.restart()
      started = true
    } catch (error) {
      // Another fault has broken Postgres: the node reports it and exits.
      if (
        !node
          .output()
          .slice(printed)
          .match(/Postgres|message store/)
      )
        throw error
      record.note(`${node.url} cannot start yet`)
      await pause(300)
    }
  }
  record.note(`${node.url} has restarted`)
}

async function breakBus(
  cluster: Cluster,
  links: TcpProxy[],
  record: StormRecord,
  random: Random,
  longestMs: number
): Promise<void> {
  for (let round = 0; isInjecting(record); round++) {
    await pause(500 + random() * 2_000)
    const ms = 1_000 + random() * (longestMs - 1_000)
    if (round % 2 === 1) await stopNats(cluster, record, ms)
    else {
      const node = Math.floor(random() * links.length)
      record.inject('node cut off from NATS', `node ${node}, for ${Math.round(ms)} ms`)
      links[node]!.suffer({ silent: true })
      await pauseWhileInjecting(record, ms)
      links[node]!.suffer({})
      record.note(`node ${node} can reach NATS again`)
    }
  }
}

async function stopNats({ nats }: Cluster, record: StormRecord, ms: number): Promise<void> {
  record.inject('NATS stopped', `for ${Math.round(ms)} ms`)
  await nats.stop()
  await pauseWhileInjecting(record, ms)
  await nats.start()
  record.note('NATS is back')
}

async function breakDatabase(
  { postgres, databaseUrl }: Cluster,
  breaking: Health['breaking'],
  record: StormRecord,
  random: Random,
  pauseMs: number
): Promise<void> {
  const admin = new URL(postgres.adminUrl)
  admin.pathname = new URL(databaseUrl).pathname
  const acts: Record<string, () => Promise<void>> = {
    'Postgres restarted': () => postgres.restart(),
    async 'Postgres crashed'() {
      await postgres.kill('SIGQUIT')
      await postgres.restart()
    },
    async 'tables locked, every connection waiting'() {
      const seconds = 1 + random() * 5
      await administer(
        admin.href,
        `BEGIN; LOCK TABLE inbox_heads, sessions, messages IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${seconds}); COMMIT`
      )
    },
    async 'every connection of Postgres taken'() {
      await using taken = await takeConnections(databaseUrl)
      await administer(
        admin.href,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley'"
      )
      await taken.more()
      await pause(1_000 + random() * 2_000)
    }
  }
  for (let round = 0; isInjecting(record); round++) {
    // Leaves time without this fault, so that the others are seen alone.
    await pause(pauseMs * (0.5 + random()))
    const fault = databaseFaults[round % databaseFaults.length]!
    record.inject(fault)
    // Postgres breaks a deadlock by failing one side, which may be this connection.
    await breaking(() => acts[fault]!().catch((error: unknown) => record.note(`${fault}: ${String(error)}`)))
    record.note('Postgres has recovered')
  }
}

/** Takes every available connection; `more` takes those that became free. */
async function takeConnections(url: string) {
  const taken: Client[] = []
  async function more(): Promise<void> {
    for (let refused = false; !refused;) {
      const client = new Client({ connectionString: url })
      client.on('error', () => {})
      try {
        await client.connect()
        taken.push(client)
      } catch {
        refused = true
      }
    }
  }
  await more()
  return {
    more,
    async [Symbol.asyncDispose]() {
      await Promise.all(taken.map((client) => client.end()))
    }
  }
}

async function addUsersBeside({ databaseUrl }: Cluster, usernames: string[]): Promise<void> {
  const store = await openStoreForCommand({ kind: 'postgres', url: databaseUrl })
  await addUsers(store, usernames)
  await store.close()
}

/** Starts a probe: anna writes to bob, and no one else writes to him. */
async function probeOf(
  cluster: Cluster,
  record: StormRecord,
  options: Pick<ProbeOptions, 'random' | 'databaseSince' | 'boundMs'>
) {
  await addUsersBeside(cluster, ['anna', 'bob'])
  const [from, to] = await Promise.all(
    ['anna', 'bob'].map((name) => loginBehind(cluster.url, cluster.nodes[0]!.url, name))
  )
  const { id: conversationId } = await from!.conversationWith('bob')
  return startProbe({
    from: from!,
    to: to!,
    conversationId,
    nodes: cluster.nodes,
    record,
    ...options
  })
}
