import type { User } from '@parley/contract/people'
import { call, callFor, type Answer } from '../harness/api.ts'
import { openTcpProxy, type LinkFaults, type TcpProxy } from '../harness/tcp-proxy.ts'
import { pause, randomOf, type Random, type StormRecord } from './storm-record.ts'

/** The world of a storm: one Parley, in any setup, and its faults. */
export type StormWorld = {
  /** Returns the base URL for the next request or stream. */
  url(random: Random): string
  /** The target of a sign-in: no HTTP proxy in between, with the public host. */
  readonly signIn: { url(random: Random): string; host(): string }
  /**
   * Returns whether Parley was fully available since then (`performance.now()`). If so, 503 answers are not
   * excused.
   */
  wasHealthy(since: number): boolean
  /** How long another node may still accept a session that has ended, ms. */
  readonly sessionLagMs: number
  /** Whether requests may be refused by rate limits. */
  readonly rateLimits?: boolean
  /** Fault injectors; each runs until the calm and leaves everything repaired. */
  breakers: ((record: StormRecord, random: Random) => Promise<void>)[]
  /** Creates users while Parley is running. */
  addUsers(usernames: string[]): Promise<void>
  /** Returns Parley's output. */
  output(): string
  /** Checks for leaks once all readers are gone. */
  inspect(record: StormRecord): Promise<void>
}

/** The fault recorded for a request that rate limits refuse. */
export const limited = 'request refused by the rate limits'

/** A running storm. */
export type Storm = {
  world: StormWorld
  record: StormRecord
  seed: number
  /** The links of all actors, repaired in the calm. */
  links: Set<{ suffer(faults: LinkFaults): void; close(): Promise<void> }>
}

export type Session = { token: string; user: User }

type Question = {
  method?: string
  path: string
  token?: string | undefined
  body?: unknown
  /** Any other status is a violation. */
  expected: readonly number[]
  timeoutMs?: number
  /** Whether the request is a sign-in, which uses the sign-in target. */
  signsIn?: boolean
}

/** An actor's own link to Parley, through the proxies that inject faults. */
export type StormLink = ReturnType<typeof openStormLink>

export function openStormLink(storm: Storm, name: string) {
  const { world, record } = storm
  const random = randomOf(storm.seed, `${name}'s way`)
  const proxies = new Map<string, Promise<TcpProxy>>()
  const opened: TcpProxy[] = []
  let faults: LinkFaults = {}

  async function open(target: string): Promise<TcpProxy> {
    const { hostname: host, port } = new URL(target)
    const proxy = await openTcpProxy({ host, port: Number(port) })
    proxy.suffer(faults)
    opened.push(proxy)
    return proxy
  }
  async function url(signsIn = false): Promise<string> {
    const target = signsIn ? world.signIn.url(random) : world.url(random)
    const proxy = proxies.get(target) ?? open(target)
    proxies.set(target, proxy)
    return (await proxy).url
  }

  /**
   * Makes one request. Returns null without a complete response, or on an excused one. Every response is
   * checked.
   */
  async function ask<Body = unknown>(question: Question): Promise<Answer<Body> | null> {
    const { method = 'GET', path, token, body, expected, timeoutMs = 10_000, signsIn } = question
    const requestedAt = performance.now()
    let answer: Answer<Body>
    try {
      const asked = {
        method,
        body,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(timeoutMs)
      }
      answer = signsIn
        ? await callFor<Body>(world.signIn.host(), (await url(signsIn)) + path, asked)
        : await call<Body>((await url()) + path, asked)
    } catch {
      return null
    }
    record.answers++
    if (expected.includes(answer.status)) return answer
    if (world.rateLimits && (answer.body as { code?: unknown }).code === 'rate_limited') {
      record.inject(limited)
      await pause(1_000 * Number(answer.headers.get('retry-after')))
      return null
    }
    if (!isExcused(answer, requestedAt)) {
      const body = JSON.stringify(answer.body).slice(0, 300)
      record.violate(`${name} was answered ${answer.status} to ${method} ${path}: ${body}`)
    }
    return null
  }
  /** While something is broken, Parley may say so, and nginx may report an unreachable upstream. */
  function isExcused({ status, headers, body }: Answer, requestedAt: number): boolean {
    if (world.wasHealthy(requestedAt)) return false
    if (status >= 500 && headers.get('server')?.startsWith('nginx')) return true
    return status === 503 && isExcuse((body as { code?: unknown }).code)
  }

  const link = {
    url: () => url(),
    ask,
    /** Retries until there is an answer; returns null when `until` says to stop. */
    async askOn<Body = unknown>(question: Question, until: () => boolean, waitMs: () => number) {
      for (;;) {
        const answer = await ask<Body>(question)
        if (answer || until()) return answer
        await pause(waitMs())
      }
    },
    /** Sets the faults for everything on this link. */
    suffer(next: LinkFaults): void {
      faults = next
      for (const proxy of opened) proxy.suffer(next)
    },
    cut(): void {
      for (const proxy of opened) proxy.cut()
    },
    /** Number of responses cut at their byte so far. */
    get cuts() {
      return opened.reduce((sum, proxy) => sum + proxy.cuts, 0)
    },
    async close(): Promise<void> {
      storm.links.delete(link)
      await Promise.all(opened.map((proxy) => proxy.close()))
    }
  }
  storm.links.add(link)
  return link
}

/** Returns whether the code is acceptable while something is broken. */
export function isExcuse(code: unknown): boolean {
  return code === 'storage_unavailable' || code === 'draining'
}

/** Returns a session of `username`; null when `until` says to stop. */
export async function signIn(
  link: StormLink,
  username: string,
  until: () => boolean
): Promise<Session | null> {
  const question = { method: 'POST', path: '/api/login', body: { username }, expected: [200], signsIn: true }
  const answer = await link.askOn<{ token: string; authUser: User }>(question, until, () => 50)
  return answer && { token: answer.body.token, user: answer.body.authUser }
}
