import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStreamParser, type Block } from '@parley/client/stream-parser'

/** The blocks of a stream that arrives in these pieces. */
function blocksOf(...pieces: (string | Uint8Array)[]): Block[] {
  const parser = createStreamParser()
  const encoder = new TextEncoder()
  return pieces.flatMap((piece) => parser.feed(typeof piece === 'string' ? encoder.encode(piece) : piece))
}
const dataOf = (text: string) => blocksOf(text).map(({ data }) => data)

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
  it('gives the same blocks however the bytes are cut', () => {
    const bytes = new TextEncoder().encode(everything)
    const whole = blocksOf(bytes)
    expect(whole).toHaveLength(5)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(blocksOf(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(whole)
    }
    expect(blocksOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('gives the same blocks for any cuts of any stream', () => {
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

  it('discards an event that the end of the stream cuts off, at every byte', () => {
    const event = 'id: e-1\ndata: whole\n\n'
    for (let end = 0; end < event.length; end++) expect(blocksOf(event.slice(0, end))).toEqual([])
    expect(blocksOf(event)).toEqual([{ id: 'e-1', name: 'message', data: 'whole' }])
  })

  // The web platform's own tests of EventSource, those that concern parsing (wpt, eventsource/format-*).
  it('takes away one byte order mark and no second', () => {
    expect(dataOf('\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n')).toEqual(['1', '3'])
    expect(dataOf('\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n')).toEqual(['2', '3'])
  })
  it('ignores comments', () => {
    const long = 'x'.repeat(2_048)
    expect(dataOf(`data:1\r:\0\n:\r\ndata:2\n:${long}\rdata:3\n:data:fail\r:${long}\ndata:4\n\n`)).toEqual([
      '1\n2\n3\n4'
    ])
  })
  it('keeps empty data and joins lines', () => {
    expect(dataOf('data:\n\ndata\ndata\n\ndata:test\n\n')).toEqual(['', '\n', 'test'])
    expect(dataOf('data:msg\ndata\ndata:\ndata:msg\n\n')).toEqual(['msg\n\n\nmsg'])
  })
  it('does not know fields by other names', () => {
    expect(
      dataOf('data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n')
    ).toEqual(['test\n\ntest'])
    expect(
      dataOf(
        'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n'
      )
    ).toEqual(['\0\n 2\n1\n3\n\n4'])
  })
  it('takes away one leading space and no second', () => {
    expect(dataOf('data:\ttest\rdata: \ndata:test\n\n')).toEqual(['\ttest\n\ntest'])
  })
  it('ends lines at LF, CR and CRLF', () => {
    expect(dataOf('data:1\ndata:2\rdata:3\r\ndata:4\r\n\r\ndata:5\r\r')).toEqual(['1\n2\n3\n4', '5'])
  })
  it('ignores an id with NUL, and keeps an id alone', () => {
    expect(blocksOf('id: a\0b\ndata: x\n\n')).toEqual([{ id: null, name: 'message', data: 'x' }])
    expect(blocksOf('id: e-7\n\n')).toEqual([{ id: 'e-7', name: 'message', data: null }])
  })
  it('names an event by its last event field, and forgets the name at the blank line', () => {
    expect(blocksOf('event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent: c\n\ndata: 3\n\n')).toEqual([
      { id: null, name: 'b', data: '1' },
      { id: null, name: 'message', data: '2' },
      { id: null, name: 'message', data: '3' }
    ])
  })
  it('takes a retry of digits alone', () => {
    const parser = createStreamParser()
    parser.feed(new TextEncoder().encode('retry: 03000\n\nretry: 5x\n\nretry:\n\n'))
    expect(parser.retryMs).toBe(3_000)
  })
})
