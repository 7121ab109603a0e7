import type { FastifyReply } from 'fastify'

/** Answers with what storage has encoded already. */
export function sendJson(reply: Pick<FastifyReply, 'type'>, json: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(json)
}
