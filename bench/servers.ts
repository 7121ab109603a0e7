import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { startCallee, type Callee } from '../test/harness/calls.ts'
import { makeCrowd, readHeads, type Member, type Pair } from '../test/harness/crowd.ts'
import { startParley, type Parley } from '../test/harness/parley.ts'
import { startSwarm, type Swarm } from '../test/harness/swarm.ts'
import type { BareCommands } from './bare-process.ts'
import type { SendersCommands } from './load/senders-process.ts'

/** The server under test has this core for itself, the load the other. */
export const serverCore = 0
export const loadCore = 1

/** Keeps this process, and what it starts without a word, off the server's core. */
export function pinToLoadCore(): void {
  execFileSync('taskset', ['-a', '-cp', String(loadCore), String(process.pid)], { stdio: 'ignore' })
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

/** Parley on the server's core, with people who are signed in. */
export async function startPinnedParley(
  people: number,
  env: Record<string, string> = {}
): Promise<PinnedParley> {
  const { dataDir, members, pairs } = await makeCrowd(people, { paired: true })
  const parley = await startParley({
    dataDir,
    env: { PARLEY_LOG_LEVEL: 'warn', ...env },
    core: serverCore
  })
  return {
    parley,
    port: Number(new URL(parley.url).port),
    members,
    pairs,
    async close() {
      await parley.stop()
      await rm(dataDir, { recursive: true })
    }
  }
}
export type PinnedParley = {
  parley: Parley
  port: number
  members: Member[]
  pairs: Pair[]
  close(): Promise<void>
}

/** Throws unless every stream of the swarm has come to the end of its log, once and in order. */
export async function expectComplete(swarm: Swarm, { parley, members }: PinnedParley): Promise<void> {
  await swarm.call('untilAt', { seqs: await readHeads(parley.url, members) })
  const { violations, resets, statuses, refused } = await swarm.call('tally')
  const wrong = { violations, resets, statuses, refused }
  if (violations.length + resets + Object.keys(statuses).length + Object.keys(refused).length > 0) {
    throw new Error(`not delivered as promised: ${JSON.stringify(wrong)}`)
  }
}

/** Seconds of processor time that a process, all its threads, has used. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function pathOf(file: string): string {
  return new URL(file, import.meta.url).pathname
}
