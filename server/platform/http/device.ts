import type { FastifyRequest } from 'fastify'
import { deviceMaxLength } from '@parley/contract/limits'

// The first that matches wins: Edge and Opera say that they are Chrome, and Chrome says that it is Safari.
const browsers = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['FxiOS/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['CriOS/', 'Chrome'],
  ['Safari/', 'Safari']
] as const
const systems = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Macintosh', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux']
] as const

/** Characters of a User-Agent that are read. */
const readMax = 512

/** What a client says it is, for people: "Firefox on Linux", or the name of a program. Null where it does not say. */
export function deviceOf({ headers }: FastifyRequest): string | null {
  const agent = (headers['user-agent'] ?? '').slice(0, readMax)
  const browser = nameIn(agent, browsers)
  const system = nameIn(agent, systems)
  if (browser && system) return `${browser} on ${system}`
  const program = /^[A-Za-z0-9_.-]+/.exec(agent)?.[0].slice(0, deviceMaxLength)
  return browser ?? program ?? system ?? null
}

function nameIn(agent: string, names: readonly (readonly [string, string])[]): string | undefined {
  return names.find(([mark]) => agent.includes(mark))?.[1]
}
