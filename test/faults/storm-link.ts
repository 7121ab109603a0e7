import type { User } from '@parley/contract/entities'
import { call, callFor, type Answer } from '../harness/api.ts'
import { openTcpProxy, type LinkFaults, type TcpProxy } from '../harness/tcp-proxy.ts'
import { pause, randomOf, type Random, type StormRecord } from './storm-record.ts'

/** What a storm is about: one Parley, however it is made, and what is done to it. */
export type StormWorld = {
  /** Where the next request or stream goes. */
  url(random: Random): string
  /** Where a sign-in goes: past any proxy of HTTP, for the address that people open. */
  readonly signIn: { url(random: Random): string; host(): string }
  /** Whether Parley was all there since then (`performance.now()`): no answer of it may then be an excuse. */
  wasWhole(since: number): boolean
  /** A session that was ended may be taken for good, where another node has not heard of it, for so long. */
  readonly sessionLagMs: number
  /** Whether a request may be refused for being one too many. */
  readonly rateLimits?: boolean
  /** Each breaks something again and again, until the calm; then everything is whole. */
  breakers: ((record: StormRecord, random: Random) => Promise<void>)[]
  /** Adds users, beside whatever runs. */
  addUsers(usernames: string[]): Promise<void>
  /** What Parley printed. */
  output(): string
  /** Looks at what is left behind, once no reader is left. */
  inspect(record: StormRecord): Promise<void>
}

/** The fault that a request is, where limits are on, which is refused by them. */
export const limited = 'request refused by the rate limits'

/** A storm under way. */
export type Storm = {
  world: StormWorld
  record: StormRecord
  seed: number
  /** Every actor's way, to be mended in the calm. */
  links: Set<{ suffer(faults: LinkFaults): void; close(): Promise<void> }>
}

export type Session = { token: string; user: User }

type Question = {
  method?: string
  path: string
  token?: string | undefined
  body?: unknown
  /** Every other status is a fault of Parley's. */
  expected: readonly number[]
  timeoutMs?: number
  /** It is a sign-in, and goes where those go. */
  signsIn?: boolean
}

/** An actor's own way to Parley, through the proxies that break it. */
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

  /** One request; null where no whole answer came, or an excuse that Parley had. Whatever is answered is judged. */
  async function ask<Body = unknown>(question: Question): Promise<Answer<Body> | null> {
    const { method = 'GET', path, token, body, expected, timeoutMs = 10_000, signsIn } = question
    const askedAt = performance.now()
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
    if (!isExcused(answer, askedAt)) {
      const told = JSON.stringify(answer.body).slice(0, 300)
      record.violate(`${name} was answered ${answer.status} to ${method} ${path}: ${told}`)
    }
    return null
  }
  /** While something is broken, and not otherwise, Parley may say so, and nginx that nobody is there. */
  function isExcused({ status, headers, body }: Answer, askedAt: number): boolean {
    if (world.wasWhole(askedAt)) return false
    if (status >= 500 && headers.get('server')?.startsWith('nginx')) return true
    return status === 503 && isExcuse((body as { code?: unknown }).code)
  }

  const link = {
    url: () => url(),
    ask,
    /** Asks until there is an answer; null when `until` says to stop. */
    async askOn<Body = unknown>(question: Question, until: () => boolean, waitMs: () => number) {
      for (;;) {
        const answer = await ask<Body>(question)
        if (answer || until()) return answer
        await pause(waitMs())
      }
    },
    /** Sets what befalls whatever goes this way. */
    suffer(next: LinkFaults): void {
      faults = next
      for (const proxy of opened) proxy.suffer(next)
    },
    cut(): void {
      for (const proxy of opened) proxy.cut()
    },
    /** Answers that were cut at their byte so far. */
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

/** What may be said while something is broken. */
export function isExcuse(code: unknown): boolean {
  return code === 'storage_unavailable' || code === 'draining'
}

/** A session of `username`'s; null when `until` says to stop. */
export async function signIn(
  link: StormLink,
  username: string,
  until: () => boolean
): Promise<Session | null> {
  const question = { method: 'POST', path: '/api/login', body: { username }, expected: [200], signsIn: true }
  const answer = await link.askOn<{ token: string; authUser: User }>(question, until, () => 50)
  return answer && { token: answer.body.token, user: answer.body.authUser }
}
