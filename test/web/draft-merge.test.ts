import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyDraft, withEditing, type Draft } from '../../web/src/state/model/draft.ts'
import {
  fromWire,
  isEmpty,
  isSame,
  merge,
  toWire,
  withOtherUsed,
  withoutOther
} from '../../web/src/state/model/draft-merge.ts'
import { jane } from './model-server.ts'

const quote = { id: '3', content: 'a question', sender: jane }
const text = (text: string): Draft => ({ ...emptyDraft, text })
const part = (text: string) => ({ text, replyTo: null, editing: null })

const words = fc.constantFrom('', 'a', 'ab', 'b', 'bc')
const anyPart = fc.record({
  text: words,
  replyTo: fc.constantFrom(null, quote),
  editing: fc.constantFrom(null, { messageId: '9', version: 2, original: 'tpyo', text: 'typo' })
})
const anyDraft: fc.Arbitrary<Draft> = fc
  .tuple(anyPart, fc.array(anyPart, { maxLength: 2 }))
  .map(([mine, others]) => fromWire(toWire({ ...mine, others })))

describe('a draft that changed elsewhere', () => {
  it('is taken if the own draft is unchanged or empty', () => {
    expect(merge(text('a'), text('a'), text('ab'))).toEqual(text('ab'))
    expect(merge(text('a'), text('a'), emptyDraft)).toEqual(emptyDraft)
    expect(merge(emptyDraft, text('a'), text('ab'))).toEqual(text('ab'))
  })

  it('keeps the own draft if that changed while the other was sent or cleared', () => {
    expect(merge(text('ab'), text('a'), emptyDraft)).toEqual(text('ab'))
  })

  it('P4: is kept beside the own one if both changed, with its reply and edit', () => {
    const theirs = withEditing({ ...text('theirs'), replyTo: quote }, { id: '9', content: 'tpyo' })
    expect(merge(text('mine'), text('a'), theirs)).toEqual({
      ...text('mine'),
      others: [{ text: 'theirs', replyTo: quote, editing: theirs.editing }]
    })
  })

  it('P4: loses no text, whatever both did, except the common base and drafts beyond three', () => {
    fc.assert(
      fc.property(anyDraft, anyDraft, anyDraft, (mine, base, theirs) => {
        const merged = merge(mine, base, theirs)
        const kept = [merged, ...merged.others].map((each) => toWire({ ...each, others: [] }))
        if (!isSame(mine, base) && toWire({ ...mine, others: [] })) {
          expect(kept).toContainEqual(toWire({ ...mine, others: [] }))
        }
        const newest = toWire({ ...theirs, others: [] })
        const isOld = JSON.stringify(newest) === JSON.stringify(toWire({ ...base, others: [] }))
        if (newest && !isOld && !isSame(theirs, base)) expect(kept).toContainEqual(newest)
        expect(merged.others.length).toBeLessThanOrEqual(3)
        // Applied again, it changes nothing.
        expect(isSame(merge(merged, theirs, theirs), merged)).toBe(true)
      })
    )
  })

  it('replaces the own text in the field, or is discarded', () => {
    const both = merge(text('mine'), text('a'), text('theirs'))
    expect(withOtherUsed(both)).toEqual({ ...text('theirs'), others: [part('mine')] })
    expect(withOtherUsed(withOtherUsed(both))).toEqual(both)
    expect(withOtherUsed({ ...emptyDraft, others: both.others })).toEqual(text('theirs'))
    expect(withoutOther(both)).toEqual(text('mine'))
  })
})

describe('a draft on the wire', () => {
  it('survives a round trip, and an empty one is null', () => {
    fc.assert(
      fc.property(anyDraft, (draft) => {
        expect(fromWire(toWire(draft))).toEqual(draft)
      })
    )
    expect(toWire(emptyDraft)).toBeNull()
    expect(isEmpty(fromWire(null))).toBe(true)
    expect(isEmpty({ ...emptyDraft, others: [part('theirs')] })).toBe(false)
  })

  it('has no edit of a message that only this browser has', () => {
    const editing = withEditing(text('next'), { id: '7d1f1f6e-63c1-4f7b-9a53-0d5f7a1b2c3d', content: 'x' })
    expect(toWire(editing)).toEqual({ text: 'next' })
  })

  it('of a newer or unknown version is read as far as possible', () => {
    expect(fromWire({ text: 'hello', attachments: [1] })).toEqual(text('hello'))
    for (const value of [7, 'hello', {}, { others: 1 }, []]) expect(isEmpty(fromWire(value))).toBe(true)
  })
})
