import { reader, type Values } from '../platform/storage/sqlite/transfer.ts'
import type { Send, SendOutcome } from './procedures.ts'

// Sends and their outcomes as the SQLite engine passes them between threads (`SendTransfer`).

export function flattenSends(sends: Send[]): Values {
  const values: Values = []
  for (const { senderId, conversationId, content, extras, key, clientId, payloadHash, now } of sends) {
    values.push(senderId, conversationId, content, extras, key, clientId, payloadHash, now)
  }
  return values
}

export function restoreSends(values: Values): Send[] {
  const { next, more } = reader(values)
  const sends: Send[] = []
  while (more()) {
    sends.push({
      senderId: next(),
      conversationId: next(),
      content: next(),
      extras: next(),
      key: next(),
      clientId: next(),
      payloadHash: next(),
      now: next()
    })
  }
  return sends
}

/** A message as its text; a refusal, which is rare, as it is. */
export function flattenOutcomes(outcomes: SendOutcome[]): Values {
  return outcomes.map((outcome) => ('message' in outcome ? outcome.message : outcome))
}

export function restoreOutcomes(values: Values): SendOutcome[] {
  return values.map((value) => (typeof value === 'string' ? { message: value } : (value as SendOutcome)))
}

/** A string takes two bytes a character at most; the rest of a send is short. */
export function bytesOf({ content }: Send): number {
  return 512 + 2 * content.length
}
