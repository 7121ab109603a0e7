import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CommittedEvent } from '../../../../server/platform/storage/event-log.ts'
import type { Send, SendOutcome } from '../../../../server/messages/procedures.ts'
import {
  flattenOutcomes,
  flattenSends,
  restoreOutcomes,
  restoreSends
} from '../../../../server/messages/send-transfer.ts'
import {
  flattenEvents,
  restoreEvents,
  type Values
} from '../../../../server/platform/storage/sqlite/transfer.ts'

const id = fc.integer({ min: 1 })
const text = fc.string({ unit: 'grapheme' })
const extras = fc.constantFrom<Send['extras']>(null, { mentions: ['1', '2'] })
const send: fc.Arbitrary<Send> = fc.record({
  senderId: id,
  conversationId: id,
  content: text,
  extras,
  key: text,
  clientId: fc.option(text),
  payloadHash: text,
  now: fc.nat()
})
const outcome: fc.Arbitrary<SendOutcome> = fc.oneof(
  fc.record({ message: text }),
  fc.record({ refused: fc.constantFrom('conversation_not_found' as const, 'idempotency_mismatch' as const) })
)
const event = fc.record(
  {
    name: fc.constantFrom('message', 'message_sent'),
    json: text,
    retracts: fc.boolean(),
    to: fc.array(fc.record({ userId: id, seq: id }))
  },
  { requiredKeys: ['name', 'json', 'to'] }
) as fc.Arbitrary<CommittedEvent>

/** Copies values as a message between threads does. */
const cross = (values: Values): Values => structuredClone(values)

test('a batch of sends, its outcomes and its events survive the transfer between threads', () => {
  fc.assert(
    fc.property(fc.array(send), fc.array(outcome), fc.array(event), (sends, outcomes, events) => {
      expect(restoreSends(cross(flattenSends(sends)))).toEqual(sends)
      expect(restoreOutcomes(cross(flattenOutcomes(outcomes)))).toEqual(outcomes)
      expect(restoreEvents(cross(flattenEvents(events)))).toEqual(events)
    })
  )
})
