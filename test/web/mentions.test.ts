import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { piecesOf } from '../../web/src/lib/links.ts'
import { completeMention, fittingNames, mentionAt, withMentions } from '../../web/src/lib/mentions.ts'

const marked = (text: string, names: string[]) =>
  withMentions(piecesOf(text), names).flatMap(({ text, mention }) => (mention ? [text] : []))
const self = (name: string) => name

describe('a mention that is begun', () => {
  it('is the name after an @, up to the caret', () => {
    expect(mentionAt('hello @ja', 9)).toEqual({ start: 6, search: 'ja' })
    expect(mentionAt('hello @ja', 8)).toEqual({ start: 6, search: 'j' })
    expect(mentionAt('@', 1)).toEqual({ start: 0, search: '' })
    expect(mentionAt('(@مر', 4)).toEqual({ start: 1, search: 'مر' })
  })
  it('is none in a mail address, after a space, and before the @', () => {
    expect(mentionAt('jane@example', 12)).toBeNull()
    expect(mentionAt('@jane is here', 9)).toBeNull()
    expect(mentionAt('hi @jane', 2)).toBeNull()
  })
  it('is completed in its place, with one space after it', () => {
    const begun = { start: 3, search: 'ja' }
    expect(completeMention('hi @ja there', 6, begun, 'jane')).toEqual({ text: 'hi @jane there', caret: 9 })
    expect(completeMention('hi @ja', 6, begun, 'jane')).toEqual({ text: 'hi @jane ', caret: 9 })
  })
  it('is offered names that start so, then those that hold it', () => {
    expect(fittingNames(['ajax', 'Jane', 'joe'], 'j', self)).toEqual(['Jane', 'joe', 'ajax'])
    expect(fittingNames(['jane', 'joe'], 'x', self)).toEqual([])
  })
})

describe('mentions in a text', () => {
  it('are marked as whole names of those who are mentioned, and of nobody else', () => {
    expect(marked('@jane, and @JOE! @jill', ['jane', 'joe'])).toEqual(['@jane', '@JOE'])
    expect(marked('@janet @jane.doe x@jane', ['jane'])).toEqual([])
    expect(marked('ask @jane.', ['jane'])).toEqual(['@jane'])
    expect(marked('ask @jane-', ['jane'])).toEqual(['@jane'])
    expect(marked('ask @jane...', ['jane'])).toEqual(['@jane'])
  })
  it('are of the longer name where one begins with another', () => {
    expect(marked('@ann-marie and @ann', ['ann', 'ann-marie'])).toEqual(['@ann-marie', '@ann'])
  })
  it('are not within links', () => {
    expect(marked('https://example.org/@jane', ['jane'])).toEqual([])
  })
  it('leave every character where it is', () => {
    const text = fc.array(
      fc.constantFrom('@jane', '@', 'jane', ' ', '.', 'https://a.example/@jane', 'İ', '👋')
    )
    fc.assert(
      fc.property(text, (parts) => {
        const whole = parts.join('')
        const pieces = withMentions(piecesOf(whole), ['jane', 'jan'])
        expect(pieces.map(({ text }) => text).join('')).toBe(whole)
      })
    )
  })
})
