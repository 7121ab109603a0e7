import { startCallee, type Callee } from './calls.ts'
import type { SwarmCommands } from './swarm-process.ts'

export { markSent } from './swarm-tally.ts'
export type { StreamPlan } from './swarm-stream.ts'

/**
 * Thousands of event streams in a child process. One process holds 15,000, within its limit of 20,000
 * descriptors.
 */
export type Swarm = Callee<SwarmCommands>

export function startSwarm(options: { core?: number } = {}): Swarm {
  return startCallee<SwarmCommands>(new URL('./swarm-process.ts', import.meta.url).pathname, options)
}
