import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { piecesOf } from '@parley/contract/text/text-pieces'
import { usernameKey } from '@parley/contract/usernames'
import { completeMention, fittingNames, mentionAt } from '../../web/src/lib/mentions.ts'
import { roster, writtenTexts } from '../fixtures/written-texts.ts'

const keys = (names: string[]) => new Set(names.map(usernameKey))
const marked = (text: string, names: string[]) =>
  piecesOf(text, keys(names)).flatMap((piece) => (piece.kind === 'mention' ? [piece.text] : []))
const self = (name: string) => name

describe('a partial mention', () => {
  it('is the name after an @, up to the caret', () => {
    expect(mentionAt('hello @ja', 9)).toEqual({ start: 6, search: 'ja' })
    expect(mentionAt('hello @ja', 8)).toEqual({ start: 6, search: 'j' })
    expect(mentionAt('@', 1)).toEqual({ start: 0, search: '' })
    expect(mentionAt('(@مر', 4)).toEqual({ start: 1, search: 'مر' })
  })
  it('may follow dots or a script without spaces, and begin with a full-width @', () => {
    for (const before of ['你好', '안녕', 'コーヒー', '...', '❤️', '、', '-', '@', 'İİ ']) {
      for (const at of ['@', '＠']) {
        for (const search of ['', 'be', '太']) {
          const text = before + at + search
          expect(mentionAt(text, text.length), text).toEqual({ start: before.length, search })
        }
      }
    }
  })
  it('does not exist in an address, after a space, or before the @', () => {
    for (const text of [
      'jane@example',
      '@jane is here',
      '@ben@so',
      'https://social.example/@be',
      'social.example/@be',
      'www.example.com/@',
      'hi@be'
    ]) {
      expect(mentionAt(text, text.length), text).toBeNull()
    }
    expect(mentionAt('hi @jane', 2)).toBeNull()
  })
  it('is completed in place, followed by one space', () => {
    const begun = { start: 3, search: 'ja' }
    expect(completeMention('hi @ja there', 6, begun, 'jane')).toEqual({ text: 'hi @jane there', caret: 9 })
    expect(completeMention('hi @ja', 6, begun, 'jane')).toEqual({ text: 'hi @jane ', caret: 9 })
  })
  it('suggests usernames that start with it, then those that contain it', () => {
    expect(fittingNames(['ajax', 'Jane', 'joe'], 'j', self)).toEqual(['Jane', 'joe', 'ajax'])
    expect(fittingNames(['jane', 'joe'], 'x', self)).toEqual([])
    expect(fittingNames(['İrem', 'Νίκος', 'José'], 'ir', self)).toEqual(['İrem'])
    expect(fittingNames(['İrem', 'Νίκος', 'José'], 'ΝΊΚΟΣ', self)).toEqual(['Νίκος'])
    expect(fittingNames(['José'], 'jose\u0301', self)).toEqual(['José'])
  })
})

describe('a text', () => {
  it.each(writtenTexts)('has the mentions and links of $text', ({ text, marked = [], links = [] }) => {
    const pieces = piecesOf(text, keys(roster))
    const found = (kind: string) => pieces.filter((piece) => piece.kind === kind)
    expect(found('mention').map((piece) => piece.text)).toEqual(marked)
    expect(found('link').map((piece) => 'href' in piece && piece.href)).toEqual(links)
    expect(pieces.map((piece) => piece.text).join('')).toBe(text)
  })
  it('has mentions of mentioned users only', () => {
    expect(marked('@jane, and @JOE! @jill', ['jane', 'joe'])).toEqual(['@jane', '@JOE'])
    expect(marked('@janet @jane.doe x@jane', ['jane'])).toEqual([])
    expect(marked('@ann-marie and @ann', ['ann', 'ann-marie'])).toEqual(['@ann-marie', '@ann'])
  })
  it('has links of web and mail addresses only, without control characters', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'https://',
        'www.',
        'mailto:',
        'a.example',
        '@',
        'b.com',
        '/',
        '\u202e',
        '。',
        'ü',
        '例'
      )
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        for (const piece of piecesOf(parts.join(''), new Set())) {
          if (piece.kind !== 'link') continue
          expect(piece.href).toMatch(/^(https?:\/\/|mailto:)/i)
          expect(piece.href.endsWith(piece.text)).toBe(true)
          expect(piece.text).not.toMatch(/[\p{Cc}\p{Cf}\s]/u)
        }
      })
    )
  })
  it('keeps every character in place', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '@jane',
        '@',
        '＠',
        'jane',
        ' ',
        '.',
        'https://a.example/@jane',
        'a@b.example',
        'İ',
        '👋',
        'さん'
      )
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const whole = parts.join('')
        const pieces = piecesOf(whole, keys(['jane', 'jan']))
        expect(pieces.map(({ text }) => text).join('')).toBe(whole)
      })
    )
  })
})
