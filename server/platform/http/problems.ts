import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemCode } from '@parley/contract/problems'
import { bodyMaxBytes } from '@parley/contract/limits'
import { validationProblem } from './validation.ts'

// Fastify's own refusals, in our words; those not named here are `malformed_request` when they are 4xx.
const fastifyProblems: Record<string, [ProblemCode, string]> = {
  FST_ERR_BAD_URL: ['malformed_request', 'The address is not percent-encoded UTF-8.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'Nothing has so long an address.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', `A body holds ${bodyMaxBytes / 1_024} kB at most.`],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'media_type_unsupported',
    'Send JSON, with Content-Type: application/json.'
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_request', 'The body is not JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_request', 'The body is not as long as Content-Length says.']
}

/** Whatever was thrown, as the refusal that the client gets. What is not foreseen is `internal` and says nothing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return internal()
  const { code, statusCode, validation, validationContext } = error as Partial<FastifyError>
  if (validation) return validationProblem(validation, validationContext)
  const known = fastifyProblems[code ?? '']
  if (known) return new Problem(...known)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem('malformed_request')
  return internal()
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
    .send(JSON.stringify(problem))
}

/** Logs a fault of the server. Of the error only what it says: its other properties may hold what the request carried. */
export function logFault(request: FastifyRequest, error: unknown, line: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  request.log.error({ reqId: request.id, err: { type: name, message, stack } }, line)
}

function internal(): Problem {
  return new Problem('internal', 'Something went wrong on this server; its log says what.')
}
