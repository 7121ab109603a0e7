import swagger from '@fastify/swagger'
import { entities } from '@parley/contract/entities'
import { fieldDetails } from '@parley/contract/problem-details'
import { problems } from '@parley/contract/problems'
import { paths } from '@parley/contract/paths'
import type { RouteAccess } from '@parley/contract/route'
import type { FastifySchema } from 'fastify'
import packageJson from '../../package.json' with { type: 'json' }
import type { Server } from './fastify-server.ts'

const Problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problems) },
    errors: { type: 'object', additionalProperties: { type: 'string' } },
    current: { anyOf: [entities.Message, entities.PersonalValue] },
    fields: {
      type: 'object',
      description: 'With validation_failed: what is wrong, by field; each code has data of its own',
      additionalProperties: {
        type: 'object',
        required: ['code'],
        properties: { code: { type: 'string', enum: Object.keys(fieldDetails) } }
      }
    },
    data: { type: 'object', description: 'What a client makes its sentence from; each code has its own' }
  }
}
// By name in the document, instead of in full wherever they occur.
const schemas = plain(Object.fromEntries(Object.entries({ ...entities, Problem }).toSorted(byName)))
const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]))

const refusal = {
  description: 'A refusal (RFC 9457)',
  content: { 'application/problem+json': { schema: Problem } }
}
const eventStream = {
  description: "The reader's log from where it resumes, then live (Server-Sent Events)",
  content: { 'text/event-stream': { schema: { type: 'string' } } }
}

const lastEventId = {
  type: 'object',
  properties: {
    'last-event-id': {
      type: 'string',
      description: 'Where the stream resumes; takes precedence over `after`'
    }
  }
}

/** Before its routes are added: `server.swagger()` is then OpenAPI 3.1, made of their own schemas. */
export async function describeRoutes(server: Server): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Parley', description: 'A messenger you host yourself', version: packageJson.version },
      components: {
        schemas,
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'parley_session' }
        }
      },
      security: [{ bearer: [] }, { cookie: [] }]
    },
    transformObject: (document) =>
      named(withOptionalBody('openapiObject' in document ? document.openapiObject : {})),
    transform: ({ schema, url, route }) => ({ schema: documented(schema ?? {}, url, route.access), url })
  })
}

function documented(schema: FastifySchema, url: string, access: RouteAccess = 'user'): FastifySchema {
  const responses = (schema.response ?? { 200: eventStream }) as Record<string, unknown>
  return {
    ...schema,
    ...(url === paths.events && { headers: lastEventId }),
    ...(access === 'public' && { security: [] }),
    // The server role that a caller needs; absent where every user may call.
    ...(access !== 'public' && access !== 'user' && { 'x-required-role': access }),
    response: { ...responses, default: refusal }
  }
}

/** `read_messages` needs no body; the plugin calls every body required. */
function withOptionalBody<Document extends object>(document: Document): Document {
  type Operation = { requestBody?: { required?: boolean } }
  const { paths: addresses = {} } = document as { paths?: Record<string, { post?: Operation }> }
  const body = addresses[paths.readMessages.replace(/:(\w+)/, '{$1}')]?.post?.requestBody
  if (body) body.required = false
  return document
}

/** The same document with a `$ref` wherever one of `schemas` stands in full. */
function named<Node>(node: Node, within?: string): Node {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((each) => named(each, within)) as Node
  const name = names.get(JSON.stringify(node))
  if (name !== undefined && name !== within) return { $ref: `#/components/schemas/${name}` } as Node
  const entries = Object.entries(node).map(([key, child]) => [
    key,
    named(child, key in schemas ? key : within)
  ])
  return Object.fromEntries(entries) as Node
}

/** TypeBox's schemas as JSON has them. */
function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1
}

function plain(schemas: object): Record<string, object> {
  return JSON.parse(JSON.stringify(schemas)) as Record<string, object>
}
