import type { CommittedEvent } from '../event-log.ts'

/**
 * Objects that cross between threads by the hundred, as one list, field after field. Structured clone writes the names of an
 * object's fields with every object, and takes four times as long for the same.
 */
export type Values = unknown[]

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

/** How the engine passes a batch of sends to its writer thread and their outcomes back. */
export type SendTransfer<Send, Outcome> = {
  flattenSends: (sends: Send[]) => Values
  restoreSends: (values: Values) => Send[]
  flattenOutcomes: (outcomes: Outcome[]) => Values
  restoreOutcomes: (values: Values) => Outcome[]
  /** What a waiting send holds in memory at most, in bytes. */
  bytesOf: (send: Send) => number
}

/** Returns the values in turn; `next` has the type that its place expects. */
export function reader(values: Values) {
  let at = 0
  return { next: () => values[at++] as never, more: () => at < values.length }
}
