import swagger from '@fastify/swagger'
import { problems } from '@parley/contract/errors'
import { paths } from '@parley/contract/paths'
import type { FastifySchema } from 'fastify'
import packageJson from '../package.json' with { type: 'json' }
import type { Server } from './deps.ts'

/** Without a session. */
const open = new Set<string>([paths.login, paths.loginMethods, paths.oauthGithub, paths.oauthGithubCallback])

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problems) },
    errors: { type: 'object', additionalProperties: { type: 'string' } }
  }
}
const refusal = {
  description: 'A refusal (RFC 9457)',
  content: { 'application/problem+json': { schema: problemSchema } }
}
const eventStream = {
  description: "The reader's log from where it resumes, then live (Server-Sent Events)",
  content: { 'text/event-stream': { schema: { type: 'string' } } }
}

/** `/api/openapi.json`: OpenAPI 3.1, made of the routes' own schemas. */
export async function serveOpenapi(server: Server): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Parley', description: 'A messenger you host yourself', version: packageJson.version },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'parley_session' }
        }
      },
      security: [{ bearer: [] }, { cookie: [] }]
    },
    transform: ({ schema, url }) => ({ schema: documented(schema ?? {}, url), url })
  })
  server.get(paths.openapi, { schema: { hide: true } }, async () => server.swagger())
}

function documented(schema: FastifySchema, url: string): FastifySchema {
  const responses = (schema.response ?? { 200: eventStream }) as Record<string, unknown>
  return {
    ...schema,
    ...(open.has(url) && { security: [] }),
    response: { ...responses, default: refusal }
  }
}
