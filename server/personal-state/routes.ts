import type { FieldProblem } from '@parley/contract/field-problems'
import { personalPageSize, personalPageMaxBytes } from '@parley/contract/limits'
import { personalSchemas, type PersonalKind } from '@parley/contract/personal-state'
import { fieldProblem } from '@parley/contract/problems'
import { routes } from '@parley/contract/routes'
import { Type, type TSchema } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { principalOf } from '../platform/http/auth.ts'
import type { RouteDeps } from '../platform/http/deps.ts'
import type { Server } from '../platform/http/fastify-server.ts'
import { sendJson } from '../platform/http/encoded.ts'
import { answerSnapshot } from '../platform/http/snapshot.ts'
import { validationProblem } from '../platform/http/validation.ts'
import { accepted } from '../platform/storage/refusals.ts'
import type { Store } from '../store.ts'
import { keyProblem, kindProblem, valueProblem } from './rules.ts'

/** The schemas around the field that holds the value, so that a refusal names it. */
const bodies = Object.fromEntries(
  Object.entries(personalSchemas).map(([kind, value]) => [kind, Type.Object({ value })])
) as Partial<Record<PersonalKind, TSchema>>

export function personalStateRoutes(server: Server, deps: RouteDeps & { store: Store }): void {
  const { store } = deps

  server.route({
    ...routes.personalState,
    handler: async (request, reply) => {
      const { kind = null, after } = request.query
      const page = await store.snapshot('listPersonalState', {
        viewerId: principalOf(request).userId,
        kind,
        after: after === undefined ? null : placeOf(after),
        limit: personalPageSize,
        maxBytes: personalPageMaxBytes
      })
      return sendJson(reply, `[${answerSnapshot(reply, store, page).join()}]`) as never
    }
  })

  server.route({
    ...routes.putPersonalState,
    handler: async (request, reply) => {
      const { kind, key } = request.params
      const { version, value } = request.body
      refuseFor('kind', kindProblem(kind))
      refuseFor('key', keyProblem(key))
      refuseFor('value', valueProblem(value))
      if (value !== null) checkFields(request, kind as PersonalKind)
      const put = {
        viewerId: principalOf(request).userId,
        kind: kind as PersonalKind,
        key,
        version,
        value: value === null ? null : JSON.stringify(value),
        now: Date.now()
      }
      return sendJson(reply, accepted(await store.write('putPersonalState', put))) as never
    }
  })
}

/** The place that `<kind>/<key>` names. Throws `validation_failed`. */
function placeOf(after: string): { kind: string; key: string } {
  const [kind = '', key = ''] = after.split('/', 2)
  if (kindProblem(kind) ?? keyProblem(key))
    throw fieldProblem('after', { code: 'invalid_format', format: 'place' })
  return { kind, key }
}

/** Holds a value to the schema of its kind. Throws `validation_failed`. */
function checkFields(request: FastifyRequest, kind: PersonalKind): void {
  const schema = bodies[kind]
  if (!schema) return
  const validate = request.getValidationFunction(schema) ?? request.compileValidationSchema(schema)
  if (!validate(request.body)) throw validationProblem(validate.errors ?? [])
}

function refuseFor(field: string, problem: FieldProblem | null): void {
  if (problem) throw fieldProblem(field, problem)
}
