/** The baselines for Parley: minimal programs that do a part of its work, in a separate process. */
import { mkdtempSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { routes } from '@parley/contract/routes'
import fastify from 'fastify'
import { ajvOptions } from '../server/platform/http/validation.ts'
import { answerCalls } from '../test/harness/calls.ts'

const held: ServerResponse[] = []

export const commands = {
  /** Starts a Fastify route that validates a message's body and echoes it. */
  async echo(): Promise<{ port: number }> {
    const server = fastify({ ajv: { customOptions: ajvOptions } })
    server.setSerializerCompiler(() => (data) => JSON.stringify(data))
    server.post(
      routes.sendMessage.url,
      { schema: { body: routes.sendMessage.schema.body } },
      (request, reply) => reply.code(201).send(request.body)
    )
    return { port: Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port) }
  },

  /**
   * Starts a `node:http` server that answers every request with a stream's headers and one event, and keeps
   * it open.
   */
  async hold(): Promise<{ port: number }> {
    const server = createServer((_request, response) => {
      response.useChunkedEncodingByDefault = false
      response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
      held.push(response)
      response.write('id: bare-0\n\nevent: sync\ndata: {"head":0}\n\n')
    })
    await new Promise<void>((resolve) =>
      server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, resolve)
    )
    const address = server.address()
    return { port: typeof address === 'object' ? address!.port : 0 }
  },

  /**
   * Writes an event of this length to every open response. Resolves when the system has accepted all of them.
   */
  async write({ length }: { length: number }): Promise<null> {
    const text = `event: sync\ndata: {"head":0,"text":"${'x'.repeat(length)}"}\n\n`
    await Promise.all(held.map((response) => new Promise((resolve) => response.write(text, resolve))))
    return null
  },

  /**
   * Inserts `count` rows of a message's size, each with its own commit and fsync. Returns the time of each,
   * ms.
   */
  async insert({ count }: { count: number }): Promise<Float64Array> {
    const database = new DatabaseSync(join(mkdtempSync(join(tmpdir(), 'parley-bench-')), 'bare.db'))
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('CREATE TABLE messages (id INTEGER PRIMARY KEY, content TEXT, created_at INTEGER)')
    const insert = database.prepare('INSERT INTO messages (content, created_at) VALUES (?, ?)')
    return Float64Array.from({ length: count }, () => {
      const startedAt = performance.now()
      insert.run('hello jane, how are you?', Date.now())
      return performance.now() - startedAt
    })
  }
}

export type BareCommands = typeof commands

answerCalls(commands)
