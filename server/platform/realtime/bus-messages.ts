import type { Signal } from '@parley/contract/events'
import type { StreamOwner } from './stream-owner.ts'

/** What another node said of a session; null where it is not understood. */
export function changeOf(text: string): StreamOwner | null {
  const { userId, sessionId, expiresAt } = fieldsOf(text)
  if (typeof userId !== 'number' || typeof sessionId !== 'number' || typeof expiresAt !== 'number') {
    return null
  }
  return { userId, sessionId, expiresAt }
}

/** A signal that another node passed on, of those that cross; null where it is not understood. */
export function signalOf(text: string): Signal | null {
  const { name, data } = fieldsOf(text)
  const { conversationId, userId } = Object(data) as Record<string, unknown>
  if (name !== 'typing' || typeof conversationId !== 'string' || typeof userId !== 'string') return null
  return { name, data: { conversationId, userId } }
}

/** A hint that these queues have new jobs. */
export function encodeQueues(queues: string[]): string {
  return JSON.stringify({ queues })
}

/** The queues of a hint from another node; none where it is not understood. */
export function queuesOf(text: string): string[] {
  const { queues } = fieldsOf(text)
  return Array.isArray(queues) ? queues.filter((name) => typeof name === 'string') : []
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
