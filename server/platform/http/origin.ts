import type { FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'

/**
 * Whether a request was made by our own pages. Browsers send `Origin` with whatever may change state; with a plain GET
 * of the same origin they do not, and say `Sec-Fetch-Site` instead, which no page can forge.
 */
export function provesOrigin(request: FastifyRequest, config: Config): boolean {
  const { origin } = request.headers
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'same-origin'
  return origin === ownOrigin(request, config)
}

/**
 * Whether a request was made by another site's page, as far as its browser says. One without `Origin` and `Sec-Fetch-Site`
 * was not, or comes from a browser that sends neither with a GET; it sends no cookie of ours across sites either.
 */
export function isForeign(request: FastifyRequest, config: Config): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined) return origin !== ownOrigin(request, config)
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** ORIGIN; with port 0 and no ORIGIN, the port that was found free. */
export function ownOrigin({ socket }: Pick<FastifyRequest, 'socket'>, config: Config): string {
  if (config.origin !== 'http://localhost:0') return config.origin
  return `http://localhost:${socket.localPort}`
}
