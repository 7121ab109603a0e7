import { describe, expect, it } from 'vitest'
import { isBlank } from '@parley/contract/text/characters'
import { parseCursor } from '@parley/contract/cursor'
import { emojiOf } from '@parley/contract/text/emoji'
import { mentionedKeys, piecesOf } from '@parley/contract/text/text-pieces'
import { isolate } from '../../web/src/lib/bidi.ts'
import { countCodePoints } from '../../web/src/lib/code-points.ts'
import { isJumbo } from '../../web/src/lib/emoji.ts'
import { fittingNames, mentionAt } from '../../web/src/lib/mentions.ts'
import { growthProblem } from '../fixtures/processor-time.ts'

const known = new Set(['a', 'b'])
const readers: Record<string, (text: string) => unknown> = {
  mentionedKeys,
  piecesOf: (text) => piecesOf(text, known),
  mentionAt: (text) => mentionAt(text, text.length),
  fittingNames: (text) => fittingNames([text], text, (name) => name),
  emojiOf,
  isJumbo,
  isBlank,
  isolate,
  countCodePoints,
  parseCursor
}

describe('linear time is the time to read the worst inputs', () => {
  it.each(Object.entries(readers))(
    'with %s',
    async (_name, read) => {
      for (const start of ['', '@a', 'https://a.com/', 'a.', '你@']) {
        expect(await growthProblem(read, { start }), start).toBeNull()
      }
      // It measures processor time, which is scarce on a busy machine.
    },
    120_000
  )
})

describe('validation of short texts', () => {
  it('takes no time that doubles with each character', () => {
    for (const unit of ['😀', '❤️', '👍🏽', '👩‍👩‍👧', '1️⃣', ' ', '\u200d', '\ufe0f', '🇦']) {
      const text = `${unit.repeat(Math.floor(59 / unit.length))}x`
      const start = process.threadCpuUsage()
      expect(isJumbo(text)).toBe(false)
      expect(emojiOf(text)).toBeNull()
      const { user, system } = process.threadCpuUsage(start)
      // 2²⁹ steps take a minute.
      expect(user + system, unit).toBeLessThan(1_000_000)
    }
  })
})
