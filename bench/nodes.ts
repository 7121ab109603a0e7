import { createCrowd, readHeads, type Crowd, type Pair } from '../test/harness/crowd.ts'
import { startNats } from '../test/harness/nats.ts'
import { startParley, type Parley } from '../test/harness/parley.ts'
import { createDatabase, startPostgres } from '../test/harness/postgres.ts'
import type { Swarm } from '../test/harness/swarm.ts'
import { postInTurn } from './latency.ts'
import { median, quantile, type Bench, type Row } from './result.ts'
import { familySeconds, processorSeconds, serverCore, startReaders, startSenders } from './servers.ts'

const content = 'hello jane, how are you?'
/** `nats` on a single node shows the cost of hints alone. */
const setups = [
  { name: 'SQLite', nodes: 1, nats: false },
  { name: 'Postgres, one node', nodes: 1, nats: false },
  { name: 'Postgres, one node with NATS', nodes: 1, nats: true },
  { name: 'Postgres, two nodes', nodes: 2, nats: true },
  { name: 'Postgres, three nodes', nodes: 3, nats: true }
] as const
type Setup = (typeof setups)[number]
type Measured = {
  perSecond: number
  p99Ms: number
  nodeMicros: number
  databaseMicros: number
  delayMs: number
  fannedPerSecond: number
  fannedMicros: number
}

export const nodes: Bench = {
  name: 'nodes',
  title: 'The same sends on SQLite, on Postgres, and on several nodes',
  description:
    'As in `sends`, with 128 senders; with several nodes, a recipient is on another node than the sender. The nodes ' +
    'share one core, Postgres (on disk, with fsync) and NATS the other with the load generators, so more nodes cannot ' +
    'answer more. Their cost is the processor time per message, in the nodes and in Postgres, and the delay to the ' +
    'other node. Fan-out is one event after the other to 600 streams of one user, distributed over the nodes.',
  async run(size, log) {
    const sizes =
      size === 'full'
        ? { rounds: 3, ms: 6_000, senders: 128, streams: 600, events: 100 }
        : { rounds: 1, ms: 300, senders: 12, streams: 30, events: 10 }
    const chosen = size === 'full' ? setups : [setups[0], setups[4]]
    const measured = new Map<Setup, Measured[]>(chosen.map((setup) => [setup, []]))
    for (let round = 0; round < sizes.rounds; round++) {
      for (const setup of chosen) {
        const result = await measure(setup, sizes)
        measured.get(setup)!.push(result)
        log(`${setup.name}: ${Math.round(result.perSecond)}/s`)
      }
    }
    const sqlite = measured.get(setups[0])!
    function row(setup: Setup, what: string, unit: string, key: keyof Measured): Row {
      const parley = measured.get(setup)!.map((each) => each[key])
      const held = setup.name !== 'SQLite' && key !== 'databaseMicros'
      const peer = { what: 'SQLite', values: sqlite.map((each) => each[key]) }
      return { what: `${setup.name}: ${what}`, unit, parley, ...(held && { peer }) }
    }
    const cost = (setup: Setup) => median(measured.get(setup)?.map((each) => each.nodeMicros) ?? [])
    const [, one, hinting] = setups
    return {
      rows: chosen.flatMap((setup) => [
        row(setup, 'answered a second', '/s', 'perSecond'),
        row(setup, 'p99 of an answer', 'ms', 'p99Ms'),
        row(setup, 'a POST to its reader, p50', 'ms', 'delayMs'),
        row(setup, 'events of a fan-out a second', '/s', 'fannedPerSecond'),
        row(setup, 'processor time an event of a fan-out, nodes', 'µs', 'fannedMicros'),
        row(setup, 'processor time a message, nodes', 'µs', 'nodeMicros'),
        ...(setup.name === 'SQLite'
          ? []
          : [row(setup, 'processor time a message, Postgres', 'µs', 'databaseMicros')])
      ]),
      notes: [
        `Hints cost the sending node ${Math.round(cost(hinting) - cost(one))} µs of processor time a message.`
      ]
    }
  }
}

/** `events` are those of a fan-out, and those whose delay is measured. */
type Sizes = { ms: number; senders: number; streams: number; events: number }

async function measure(setup: Setup, { ms, senders, streams, events }: Sizes): Promise<Measured> {
  await using started = new AsyncDisposableStack()
  const postgres = setup.name === 'SQLite' ? null : started.use(await startPostgres({ onDisk: true }))
  const nats = setup.nats ? started.use(await startNats()) : null
  const url = postgres && (await createDatabase(postgres.adminUrl))
  const crowd = await createCrowd(2 * senders, {
    paired: true,
    ...(url && { database: { kind: 'postgres', url } })
  })
  const env = {
    PARLEY_LOG_LEVEL: 'warn',
    ...(url && { DATABASE_URL: url }),
    ...(nats && { NATS_URL: nats.url })
  }
  const parleys: Parley[] = []
  for (let i = 0; i < setup.nodes; i++) {
    parleys.push(started.use(await startParley({ dataDir: crowd.dataDir, env, core: serverCore })))
  }
  const portOf = (index: number) => Number(new URL(parleys[index % parleys.length]!.url).port)

  const readers = started.use(startReaders())
  for (const [index] of parleys.entries()) {
    const plans = crowd.pairs
      .filter((_, pair) => pair % parleys.length === index)
      .map(({ members }) => ({ ...planOf(members), timed: true }))
    // On the next node, if there is one.
    await readers.call('open', { port: portOf(index + 1), plans })
  }
  const processor = () => ({
    nodes: parleys.reduce((sum, { pid }) => sum + processorSeconds(pid), 0),
    database: postgres ? familySeconds(postgres.pid) : 0
  })

  const before = processor()
  const runs = await Promise.all(
    parleys.map(async (_, index) => {
      const load = started.use(startSenders())
      const targets = crowd.pairs
        .filter((_pair, pair) => pair % parleys.length === index)
        .map(({ conversationId, members: [sender] }) => ({
          token: sender.token,
          path: `/api/conversations/${conversationId}/messages`
        }))
      return load.call('run', { port: portOf(index), targets, content, warmUpMs: ms / 4, ms })
    })
  )
  const total = runs.reduce((sum, run) => sum + run.perTarget.reduce((all, count) => all + count, 0), 0)
  await expectDelivered(readers, parleys[0]!.url, crowd, total)
  const after = processor()
  const delayMs = await readDelay(readers, portOf(0), crowd, events)

  const [{ members: hot }] = crowd.pairs as [Pair]
  const plans = Array.from({ length: streams / setup.nodes }, () => planOf(hot))
  for (const index of parleys.keys()) await readers.call('open', { port: portOf(index), plans })
  const opened = processor()
  const fannedFrom = performance.now()
  await postInTurn(portOf(0), hot[0].token, crowd.pairs[0]!.conversationId, events)
  await readers.call('untilAt', { seqs: await readHeads(parleys[0]!.url, [hot[1]]) })
  const fanned = (streams + 1) * events
  const fannedSeconds = (performance.now() - fannedFrom) / 1_000
  const fannedOut = processor()
  await expectNoViolation(readers)
  return {
    perSecond: runs.reduce((sum, run) => sum + run.answers / run.seconds, 0),
    p99Ms: quantile(
      runs.flatMap((run) => [...run.latenciesMs]),
      0.99
    ),
    nodeMicros: (1e6 * (after.nodes - before.nodes)) / total,
    databaseMicros: (1e6 * (after.database - before.database)) / total,
    delayMs,
    fannedPerSecond: fanned / fannedSeconds,
    fannedMicros: (1e6 * (fannedOut.nodes - opened.nodes)) / fanned
  }
}

/** Throws unless every message of the run reached its reader, once and in order. */
async function expectDelivered(readers: Swarm, url: string, crowd: Crowd, total: number): Promise<void> {
  const listening = crowd.pairs.map(({ members: [, reader] }) => reader)
  await readers.call('untilAt', { seqs: await readHeads(url, listening) })
  const events = await expectNoViolation(readers)
  if (events !== total) throw new Error(`${total} were acknowledged, ${events} delivered`)
}

/** Throws if an event was lost, duplicated or out of order; returns the number of events. */
async function expectNoViolation(readers: Swarm): Promise<number> {
  const { events, violations, resets } = await readers.call('tally')
  if (violations.length + resets > 0) throw new Error(`not delivered as promised: ${violations.join('; ')}`)
  return events
}

function planOf([, reader]: Pair['members']) {
  return { token: reader.token, person: reader.user.username }
}

/**
 * Returns the median delay from a POST to its reader, on another node if there is one, without other load,
 * ms.
 */
async function readDelay(readers: Swarm, port: number, crowd: Crowd, events: number): Promise<number> {
  const { conversationId, members } = crowd.pairs[0]!
  await readers.call('takeDelays')
  await postInTurn(port, members[0].token, conversationId, events)
  await readers.call('untilAt', { seqs: await readHeads(`http://localhost:${port}`, [members[1]]) })
  return median(await readers.call('takeDelays'))
}
