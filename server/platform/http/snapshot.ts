import type { FastifyReply } from 'fastify'
import type { Snapshot } from '../storage/snapshot.ts'

/** The data of a snapshot; its cursor goes into `Event-Cursor`, where a stream may go on from it. */
export function unwrap<Data>(reply: FastifyReply, { cursor, data }: Snapshot<Data>): Data {
  reply.header('event-cursor', cursor)
  return data
}
