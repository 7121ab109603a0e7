import { formatCursor } from '@parley/contract/cursor'
import type { FastifyReply } from 'fastify'
import { accepted, type Refused } from '../storage/refusals.ts'

/**
 * Returns the data of a snapshot and sets `Event-Cursor`: a stream that resumes there misses nothing. Throws the problem with
 * which storage refused.
 */
export function answerSnapshot<Data>(
  reply: FastifyReply,
  { epoch }: { readonly epoch: string },
  { head, data }: { head: number; data: Data }
): Exclude<Data, Refused> {
  const answer = accepted(data)
  reply.header('event-cursor', formatCursor({ epoch, seq: head }))
  return answer
}
