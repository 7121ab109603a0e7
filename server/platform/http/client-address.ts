import { isIP, type BlockList } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config.ts'

type Request = Pick<IncomingMessage, 'headers' | 'socket'>
export type AddressOf = (request: Request) => string

/**
 * Returns a function that gives the address a request comes from: that of the connection, or, where the connection is a
 * trusted proxy's, the last one in `X-Forwarded-For` that is not a trusted proxy's. An `X-Forwarded-For` of anyone else is
 * ignored and warned about once.
 */
export function createAddressOf({
  config,
  logger
}: {
  config: Pick<Config, 'trustedProxies'>
  logger: Pick<FastifyBaseLogger, 'warn'>
}): AddressOf {
  let warned = false
  return function addressOf({ headers, socket }) {
    const peer = plainAddress(socket.remoteAddress ?? '') ?? 'unknown'
    const forwarded = headers['x-forwarded-for']
    if (forwarded === undefined) return peer
    if (isTrusted(peer, config.trustedProxies))
      return clientOf(String(forwarded), peer, config.trustedProxies)
    if (!warned) {
      warned = true
      logger.warn(
        { peer },
        'X-Forwarded-For is ignored: if this peer is your proxy, put its address into PARLEY_TRUSTED_PROXIES'
      )
    }
    return peer
  }
}

/** Walks from the right: each proxy appends the address it was asked from, and only trusted ones are believed. */
function clientOf(forwarded: string, peer: string, proxies: BlockList): string {
  let client = peer
  for (const entry of forwarded.split(',').toReversed()) {
    const address = plainAddress(entry.trim())
    // A trusted proxy wrote something else: nothing to its left can be believed either.
    if (address === null) return client
    client = address
    if (!isTrusted(address, proxies)) return client
  }
  return client
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const version = isIP(address)
  return version !== 0 && proxies.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** An address without port, brackets and zone, IPv4 as IPv4, IPv6 in its canonical form (RFC 5952); null for anything else. */
function plainAddress(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const version = isIP(bare)
  if (version === 4) return bare
  if (version === 0) return null
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  if (mapped) return mapped
  const canonical = new URL(`http://[${bare.split('%', 1)[0]}]`).hostname.slice(1, -1)
  const hex = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical)
  if (!hex) return canonical
  const [high, low] = [parseInt(hex[1]!, 16), parseInt(hex[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** What counts as one address: an IPv6 subscriber has a whole /64. */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return `${[...before, ...(address.includes('::') ? zeros : []), ...after].slice(0, 4).join(':')}::/64`
}
