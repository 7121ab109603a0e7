import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { problemDocument } from '@parley/contract/problem-details'
import { Problem, type ProblemArguments } from '@parley/contract/problems'
import { bodyMaxBytes } from '@parley/contract/limits'
import { validationProblem } from './validation.ts'

// Fastify's own refusals; those not named here are `malformed_request` when they are 4xx.
const fastifyProblems: Record<string, ProblemArguments> = {
  FST_ERR_BAD_URL: ['malformed_request', { reason: 'address_invalid' }],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', { maxBytes: bodyMaxBytes }],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['media_type_unsupported'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_request', { reason: 'not_json' }],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_request', { reason: 'length_mismatch' }]
}

/** Whatever was thrown, as the refusal that the client gets. What is not foreseen is `internal` and says nothing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return new Problem('internal')
  const { code, statusCode, validation, validationContext } = error as Partial<FastifyError>
  if (validation) return validationProblem(validation, validationContext)
  const known = fastifyProblems[code ?? '']
  if (known) return new Problem(...known)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem('malformed_request')
  return new Problem('internal')
}

/** Answers with what was thrown, as `application/problem+json` (RFC 9457). Logs a fault of the server. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error)
  request.server.reports?.refused(request, problem)
  if (problem.code === 'internal') logFault(request, error, 'a request failed')
  if (problem.status === 401 && !reply.hasHeader('www-authenticate')) {
    reply.header('www-authenticate', 'Bearer realm="Parley"')
  }
  if (problem.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', '1')
  reply.removeHeader('event-cursor')
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(problem)))
}

/** Logs a fault of the server. Of the error only what it says: its other properties may hold what the request carried. */
export function logFault(request: FastifyRequest, error: unknown, line: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  request.log.error({ reqId: request.id, err: { type: name, message, stack } }, line)
}
