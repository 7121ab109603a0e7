import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { startCallee, type Callee } from '../test/harness/calls.ts'
import { createCrowd, readHeads, type Member, type Pair } from '../test/harness/crowd.ts'
import { startParley, type Parley } from '../test/harness/parley.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from '../test/harness/postgres.ts'
import { startSwarm, type Swarm } from '../test/harness/swarm.ts'
import type { BareCommands } from './bare-process.ts'
import type { SendersCommands, Target } from './load/senders-process.ts'

/** The server under test has this core to itself; the load uses the other one. */
export const serverCore = 0
export const loadCore = 1

/** Keeps this process and its children off the server's core by default. */
export function pinToLoadCore(): void {
  pin(process.pid, String(loadCore))
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-cp', cores, String(pid)], { stdio: 'ignore' })
}

export function startBare(execArgv: string[] = []): Callee<BareCommands> {
  return startCallee<BareCommands>(pathOf('./bare-process.ts'), { core: serverCore, execArgv })
}

export function startSenders(): Callee<SendersCommands> {
  return startCallee<SendersCommands>(pathOf('./load/senders-process.ts'), { core: loadCore })
}

export function startReaders(): Swarm {
  return startSwarm({ core: loadCore })
}

export type Engine = 'SQLite' | 'Postgres'

/** The engines available on this machine. */
export const engines: Engine[] = hasPostgres ? ['SQLite', 'Postgres'] : ['SQLite']

/**
 * Starts Parley on the server's core with signed-in users. Its Postgres may use both cores. `folder` as in
 * `startParley`.
 */
export async function startPinnedParley(
  people: number,
  env: Record<string, string> = {},
  engine: Engine = 'SQLite',
  folder?: string
): Promise<PinnedParley> {
  const postgres = engine === 'Postgres' ? await startPinnedPostgres() : null
  const url = postgres && (await createDatabase(postgres.adminUrl))
  const { dataDir, members, pairs } = await createCrowd(people, {
    paired: true,
    ...(url && { database: { kind: 'postgres', url } })
  })
  const parley = await startParley({
    dataDir,
    env: { PARLEY_LOG_LEVEL: 'warn', ...(url && { DATABASE_URL: url }), ...env },
    ...(folder && { folder }),
    core: serverCore
  })
  return {
    parley,
    port: Number(new URL(parley.url).port),
    members,
    pairs,
    async close() {
      await parley.stop()
      await postgres?.stop()
      await rm(dataDir, { recursive: true })
    }
  }
}

/** Starts Postgres on disk, with fsync, on both cores. */
export async function startPinnedPostgres(): Promise<Postgres> {
  const postgres = await startPostgres({ onDisk: true })
  pin(postgres.pid, `${serverCore},${loadCore}`)
  return postgres
}

export type PinnedParley = {
  parley: Parley
  port: number
  members: Member[]
  pairs: Pair[]
  close(): Promise<void>
}

/** Prepares pairs of users on a Parley: one of each listens, the other is a target of the senders. */
export async function startListening(parley: PinnedParley): Promise<{ readers: Swarm; targets: Target[] }> {
  const { port, pairs } = parley
  const readers = startReaders()
  const plans = pairs.map(({ members: [, reader] }) => ({
    token: reader.token,
    person: reader.user.username
  }))
  await readers.call('open', { port, plans })
  const targets = pairs.map(({ conversationId, members: [sender] }) => ({
    token: sender.token,
    path: `/api/conversations/${conversationId}/messages`
  }))
  return { readers, targets }
}

/** Throws unless exactly `total` messages were delivered, each once and in order. */
export async function expectDelivered(readers: Swarm, parley: PinnedParley, total: number): Promise<void> {
  await expectComplete(readers, parley)
  const { events } = await readers.call('tally')
  if (events !== total) throw new Error(`${total} were acknowledged, ${events} delivered`)
}

/**
 * Throws unless every stream of the swarm has reached the end of its log, with each event once and in order.
 */
export async function expectComplete(swarm: Swarm, { parley, members }: PinnedParley): Promise<void> {
  await swarm.call('untilAt', { seqs: await readHeads(parley.url, members) })
  const { violations, resets, statuses, refused } = await swarm.call('tally')
  const wrong = { violations, resets, statuses, refused }
  if (violations.length + resets + Object.keys(statuses).length + Object.keys(refused).length > 0) {
    throw new Error(`not delivered as promised: ${JSON.stringify(wrong)}`)
  }
}

/** Returns the processor time used by all threads of a process, in seconds. */
export function processorSeconds(pid: number): number {
  const fields = readStat(pid)
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Returns the processor time of a process and its children, including exited ones, in seconds. */
export function familySeconds(pid: number): number {
  const ended = readStat(pid)
  const children = readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && Number(readStat(Number(name))[1]) === pid
    } catch {
      // It has exited since it was listed.
      return false
    }
  })
  const endedSeconds = (Number(ended[13]) + Number(ended[14])) / 100
  return endedSeconds + [pid, ...children.map(Number)].reduce((sum, each) => sum + processorSeconds(each), 0)
}

/** Returns the fields of /proc/PID/stat after the name: state, parent, … */
function readStat(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
}

function pathOf(file: string): string {
  return new URL(file, import.meta.url).pathname
}
