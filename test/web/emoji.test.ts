import { describe, expect, it } from 'vitest'
import { isJumbo } from '../../web/src/lib/emoji.ts'

describe('emoji', () => {
  it('are large if a message consists of a few of them only', () => {
    for (const text of ['👍', '🎉🎉', '👩‍👩‍👧', '👋🏽', '❤️', '🇨🇭 🇯🇵']) expect(isJumbo(text), text).toBe(true)
    for (const text of ['1', '12', '#', 'ok 👍', '', '👍👍👍👍', '*']) expect(isJumbo(text), text).toBe(false)
  })
})
