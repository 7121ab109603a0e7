import type { FastifySchemaValidationError } from 'fastify'
import type { FieldProblem, FieldProblems } from '@parley/contract/field-problems'
import { Problem } from '@parley/contract/problems'

/** Characters of a field's name that a refusal repeats: the names within a body are the client's own. */
const nameMaxLength = 100

/**
 * Schemas are exact: nothing is coerced, filled in or taken away. Validation stops at the first problem: a body can hold tens
 * of thousands.
 */
export const ajvOptions = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: false,
  formats: { text: (text: string) => text.isWellFormed() && !text.includes('\0') }
} as const

/** What a schema found wrong, by the field's name. */
export function validationProblem(found: FastifySchemaValidationError[], context = 'body'): Problem {
  const fields: FieldProblems = Object.create(null)
  for (const error of withoutAlternatives(found)) {
    fields[fieldOf(error) || context] ??= problemOf(error, context)
  }
  return new Problem('validation_failed', { fields: { ...fields } })
}

/**
 * Where a value fits no alternative of a union, Ajv reports each alternative: that it is not null would mislead. Returns the
 * first error that is not about its type, or else the union's own.
 */
function withoutAlternatives(found: FastifySchemaValidationError[]): FastifySchemaValidationError[] {
  const union = found.findLast(({ keyword }) => keyword === 'anyOf')
  return union ? [found.find(({ keyword }) => keyword !== 'type' && keyword !== 'const') ?? union] : found
}

function fieldOf({ keyword, instancePath, params }: FastifySchemaValidationError): string {
  const parent = instancePath.slice(1).replaceAll('/', '.')
  const own = { required: params['missingProperty'], additionalProperties: params['additionalProperty'] }[
    keyword
  ]
  const name = typeof own === 'string' ? [parent, own].filter(Boolean).join('.') : parent
  return name.slice(0, nameMaxLength).toWellFormed()
}

function problemOf({ keyword, params }: FastifySchemaValidationError, context: string): FieldProblem {
  const limit = Number(params['limit'])
  switch (keyword) {
    case 'required':
      return { code: 'required' }
    case 'additionalProperties':
      return { code: 'unknown_field' }
    case 'type':
      // A parameter of an address is text; given twice it is a list.
      return context === 'querystring' && params['type'] === 'string'
        ? { code: 'repeated' }
        : { code: 'wrong_type', type: params['type'] as FieldProblem<'wrong_type'>['type'] }
    case 'const':
      return { code: 'not_one_of', values: [params['allowedValue']] }
    case 'enum':
      return { code: 'not_one_of', values: params['allowedValues'] as unknown[] }
    case 'format':
      if (params['format'] === 'uuid') return { code: 'invalid_format', format: 'uuid' }
      if (params['format'] === 'date-time') return { code: 'invalid_format', format: 'time' }
      return { code: 'invalid_characters' }
    case 'maxLength':
      return { code: 'too_long', max: limit }
    case 'maxItems':
    case 'maxProperties':
      return { code: 'too_many', max: limit }
    case 'minimum':
      return { code: 'too_small', min: limit }
    case 'pattern':
      return context === 'headers'
        ? { code: 'invalid_format', format: 'idempotency_key' }
        : { code: 'invalid' }
    default:
      return { code: 'invalid' }
  }
}
