import type { FastifyRequest } from 'fastify'

/** Takes out of a request what many clients send although it says nothing. */
export function dropQuirks({ headers, query }: FastifyRequest): void {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = headers
  // Clients give a type to a body that is not there.
  if (type !== undefined && coding === undefined && (length === undefined || length === '0')) {
    headers['content-type'] = undefined
  }
  // A parameter that keeps caches away, as jQuery and others add it.
  if (typeof query === 'object' && query !== null && '_' in query) delete query._
}
