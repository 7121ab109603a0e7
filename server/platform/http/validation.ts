import type { FastifySchemaValidationError } from 'fastify'
import { Problem } from '@parley/contract/problems'

/** Characters of an unknown field's name that a refusal repeats. */
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

/** What a schema found wrong, by the field's name, in words. */
export function validationProblem(found: FastifySchemaValidationError[], context = 'body'): Problem {
  const errors: Record<string, string> = Object.create(null)
  for (const error of found) {
    const field = fieldOf(error) || context
    errors[field] ??= wordsFor(error, context)
  }
  const sentences = Object.entries(errors).map(([field, words]) => `${field} ${words}`)
  return new Problem('validation_failed', `${sentences.join('; ')}.`, { ...errors })
}

function fieldOf({ keyword, instancePath, params }: FastifySchemaValidationError): string {
  const parent = instancePath.slice(1).replaceAll('/', '.')
  const own = { required: params['missingProperty'], additionalProperties: params['additionalProperty'] }[
    keyword
  ]
  return typeof own === 'string' ? [parent, own.slice(0, nameMaxLength)].filter(Boolean).join('.') : parent
}

function wordsFor({ keyword, params, message }: FastifySchemaValidationError, context: string): string {
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not known here'
    case 'type':
      if (params['type'] === 'object') return 'must be a JSON object'
      if (params['type'] === 'array') return 'must be a list'
      if (params['type'] === 'integer') return 'must be a whole number'
      // Whatever is in an address is text; given twice it is a list.
      return context === 'querystring' ? 'must be given once' : 'must be a text'
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`
    case 'enum':
      return `must be ${(params['allowedValues'] as unknown[]).map((each) => JSON.stringify(each)).join(' or ')}`
    case 'format':
      return params['format'] === 'uuid' ? 'must be a UUID' : 'must not hold NUL or lone surrogates'
    case 'maxLength':
      return `must not be longer than ${limitOf(params)} characters`
    case 'maxItems':
      return `must not have more than ${limitOf(params)} items`
    case 'maxProperties':
      return `must not have more than ${limitOf(params)} fields`
    case 'minimum':
      return `must be ${limitOf(params)} or more`
    case 'pattern':
      return 'must be printable ASCII without spaces, 255 characters at most'
    default:
      return message ?? 'is not valid'
  }
}

function limitOf({ limit }: Record<string, unknown>): string {
  return Number(limit).toLocaleString('en')
}
