import type { User } from '@parley/contract/people'
import type { ServerRole } from '@parley/contract/primitives'
import type { FastifyRequest } from 'fastify'
import { Problem } from '@parley/contract/problems'
import type { Config } from '../config.ts'
import { ownOrigin } from '../platform/http/origin.ts'

/** Headers that proxies, load balancers and CDNs add, and that no browser, curl or client of ours sends. */
const proxyHeaders = new RegExp(
  `^(${[
    'forwarded',
    'via',
    'cdn-loop',
    'client-ip',
    'true-client-ip',
    'x-real-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-originating-ip',
    'x-remote-(addr|ip)',
    'x-proxyuser-ip',
    '(wl-)?proxy-client-ip',
    'x-request-(id|start)',
    'x-(host|scheme|port|url-scheme|ssl.*)',
    'x-b3-.*',
    'front-end-https',
    'x-(forwarded|original|envoy|amz|amzn|azure|arr|appengine|goog|cloud-trace|vercel|nf|akamai|varnish|sucuri|proxy|nginx)(-.*)?',
    '(akamai|ali|cf|cloudfront|fastly|fly|incap|ngrok|railway|render|tailscale|x-fastly|x-fly|x-cf|x-ms)-.*'
  ].join('|')})$`
)

/**
 * The development login is for the people at this machine. A request that a proxy passed on may come from anywhere, and
 * one for another host's name may be made by a page whose name was pointed at this machine. Throws `login_unavailable`, or
 * `origin_mismatch` for another site's page.
 */
export function requireDevelopment(request: FastifyRequest, config: Config): void {
  if (!config.developmentLogin || !isDirect(request, config)) {
    throw new Problem('login_unavailable', { method: 'development' })
  }
  const { origin, 'sec-fetch-site': site = 'none' } = request.headers
  const ours = origin === undefined || origin === ownOrigin(request, config)
  if (!ours || (site !== 'none' && site !== 'same-origin')) {
    throw new Problem('origin_mismatch', { origin: config.origin })
  }
}

/** Returns the role that a user has while the development login is on: john is an administrator, which is not stored. */
export function developmentRole({ username }: User, stored: ServerRole): ServerRole {
  return username === 'john' ? 'administrator' : stored
}

/** Whether a client of this machine made the request itself, for ORIGIN. */
function isDirect({ raw, socket, headers }: FastifyRequest, config: Config): boolean {
  if (raw.httpVersion !== '1.1' || isOfNginx(raw.rawHeaders)) return false
  const hosts = raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')
  const { host, port } = new URL(ownOrigin({ socket }, config))
  if (hosts.length !== 1 || headers.host !== host) return false
  // A proxy that drops the port from Host looks the same as port 80: only a server on 80 can be meant.
  if (port === '' && socket.localPort !== undefined && ![80, 443].includes(socket.localPort)) return false
  return !Object.keys(headers).some((name) => proxyHeaders.test(name))
}

/**
 * nginx sends HTTP/1.0 requests by default. Configured for 1.1 it still closes each connection by default, and writes its `Host` and
 * `Connection`, spelt so, before the client's own headers. A script that closes writes them elsewhere (urllib, wget) or in lower
 * case (Node's fetch).
 */
function isOfNginx([first, , second, value]: string[]): boolean {
  return first?.toLowerCase() === 'host' && second === 'Connection' && value?.toLowerCase() === 'close'
}
