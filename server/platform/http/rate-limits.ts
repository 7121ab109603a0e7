import {
  rateLimits,
  ratedByAddress,
  readsAtOnceMax,
  type RateClass,
  type RouteRate
} from '@parley/contract/rate-limits'
import { Problem } from '@parley/contract/problems'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { addressBlock, type AddressOf } from './client-address.ts'
import type { Server } from './fastify-server.ts'
import { RateLimiter } from './rate-limiter.ts'

declare module 'fastify' {
  interface RouteShorthandOptions {
    rate?: RouteRate
  }
}

/** Counts requests. All throw `rate_limited`, with the `Retry-After` of the answer set. */
export type Limits = {
  /** Counts one request of a class, by its caller or by its address. */
  take(rate: RateClass, request: FastifyRequest, reply: FastifyReply): void
  /** Refuses an address that has asked with too many tokens that are not valid. */
  requireFewStrangers(request: FastifyRequest, reply: FastifyReply): void
}

const unlimited: Limits = { take() {}, requireFewStrangers() {} }

/** The limits of this node; none where `PARLEY_RATE_LIMITS` is off. */
export function createLimits(on: boolean, addressOf: AddressOf): Limits {
  if (!on) return unlimited
  const limiters = Object.fromEntries(
    Object.entries(rateLimits).map(([name, limit]) => [name, new RateLimiter<number | string>(limit)])
  ) as Record<RateClass, RateLimiter<number | string>>
  const reads = new Map<number, number>()
  const blockOf = (request: FastifyRequest) => addressBlock(addressOf(request.raw))
  return {
    take(rate, request, reply) {
      const key = ratedByAddress.has(rate) ? blockOf(request) : request.caller!.principal.userId
      refuseFor(limiters[rate].take(key), reply)
      if (rate === 'read') countRead(reads, request.caller!.principal.userId, reply)
    },
    requireFewStrangers: (request, reply) => refuseFor(limiters.stranger.wait(blockOf(request)), reply)
  }
}

function refuseFor(seconds: number, reply: FastifyReply): void {
  if (seconds === 0) return
  reply.header('retry-after', String(seconds))
  throw new Problem('rate_limited', { retryAfterSeconds: seconds })
}

/** Counts a read of a person until its answer is written, or its connection closed. */
function countRead(reads: Map<number, number>, userId: number, reply: FastifyReply): void {
  const open = reads.get(userId) ?? 0
  if (open >= readsAtOnceMax) refuseFor(1, reply)
  reads.set(userId, open + 1)
  reply.raw.once('close', () => {
    const left = reads.get(userId)! - 1
    if (left > 0) reads.set(userId, left)
    else reads.delete(userId)
  })
}

/**
 * Counts every request by the class of its route, once its caller is known and before its body is read: a refusal is not
 * remembered under an idempotency key. A route without a class stops the start.
 */
export function limitRoutes(server: Server, limits: Limits): void {
  server.addHook('onRoute', (route) => {
    const { access, rate, url } = route
    if (rate === undefined) throw new Error(`${url} names no rate class`)
    if (rate === 'none') return
    if (access === 'public' && !ratedByAddress.has(rate)) {
      throw new Error(`${url} is public, but its rate class ${rate} counts by user`)
    }
    if (limits === unlimited) return
    const count: onRequestHookHandler = (request, reply, done) => {
      limits.take(rate, request, reply)
      done()
    }
    route.onRequest = [route.onRequest ?? [], count].flat()
  })
}
