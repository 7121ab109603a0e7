import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Files and sockets that a process holds open (Linux). */
export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Memory that a process holds, in bytes (Linux). */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1_024
}

/** Polls, because nothing outside a process is told of what happens in it. Throws, naming `what`, after `timeoutMs`. */
export async function untilTrue(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await delay(20)
  }
}
