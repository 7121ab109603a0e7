import type { CommittedEvent } from '../event-log.ts'
import type { Send, SendOutcome } from '../../../messages/procedures.ts'

/**
 * What crosses between threads by the hundred, as one list, field after field. Structured clone writes the names of an
 * object's fields with every object, and takes four times as long for the same.
 */
export type Values = unknown[]

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

export function flattenEvents(events: CommittedEvent[]): Values {
  const values: Values = []
  for (const { name, json, retracts, to } of events) {
    values.push(name, json, retracts, to.length)
    for (const { userId, seq } of to) values.push(userId, seq)
  }
  return values
}

export function restoreEvents(values: Values): CommittedEvent[] {
  const { next, more } = reader(values)
  const events: CommittedEvent[] = []
  while (more()) {
    const event = { name: next(), json: next(), retracts: next(), to: [] } as CommittedEvent
    for (let left: number = next(); left > 0; left--) event.to.push({ userId: next(), seq: next() })
    events.push(event)
  }
  return events
}

/** Gives the values in turn; `never` is of whatever type is expected there. */
function reader(values: Values) {
  let at = 0
  return { next: () => values[at++] as never, more: () => at < values.length }
}
