import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStreamParser, type Block } from '@parley/client/stream-parser'

/** Returns the blocks of a stream that arrives in these pieces. */
function blocksOf(...pieces: (string | Uint8Array)[]): Block[] {
  const parser = createStreamParser()
  const encoder = new TextEncoder()
  return pieces.flatMap((piece) => parser.feed(typeof piece === 'string' ? encoder.encode(piece) : piece))
}

const everything = [
  '\uFEFF: hello\n\n',
  'id: e-1\ndata: {"content":"grüße 👋🏽"}\n\n',
  'event: message_sent\r\nid: e-2\r\ndata: two\r\ndata: lines\r\n\r\n',
  'id: e-3\revent: read\rdata: old mac\r\r',
  'event: sync\ndata: {"head":3}\n\n',
  'id: e-4\n\n',
  'retry: 1500\n\n'
].join('')

describe('the stream parser', () => {
  it('S6: returns the same blocks however the bytes are split', () => {
    const bytes = new TextEncoder().encode(everything)
    const whole = blocksOf(bytes)
    expect(whole).toHaveLength(5)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(blocksOf(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(whole)
    }
    expect(blocksOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('returns the same blocks for any split of any stream', () => {
    const piece = fc.constantFrom(
      'data',
      'id',
      'event',
      'retry',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      'ü',
      '7',
      '\0',
      '👍'
    )
    fc.assert(
      fc.property(fc.array(piece), fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (pieces, sizes) => {
        const bytes = new TextEncoder().encode(pieces.join(''))
        const cuts: Uint8Array[] = []
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value
          cuts.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(blocksOf(...cuts)).toEqual(blocksOf(bytes))
      })
    )
  })

  it('S6: discards an event that is cut off at any byte by the end of the stream', () => {
    const event = 'id: e-1\ndata: whole\n\n'
    for (let end = 0; end < event.length; end++) expect(blocksOf(event.slice(0, end))).toEqual([])
    expect(blocksOf(event)).toEqual([{ id: 'e-1', name: 'message', data: 'whole' }])
  })
})
