import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Counts the open sockets of a process (Linux). */
export function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((each) => isSocket(`${folder}/${each}`)).length
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    // Closed in the meantime.
    return false
  }
}

/** Resident memory of a process, in bytes (Linux). */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1_024
}

/**
 * Polls, because a process does not announce its state outside. Throws an error with `what` after
 * `timeoutMs`.
 */
export async function untilTrue(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`timed out after ${timeoutMs} ms: ${what}`)
    await delay(20)
  }
}
