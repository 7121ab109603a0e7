import { afterEach, describe, expect, it } from 'vitest'
import { EventStream } from '@parley/client'
import { createStreamParser, type Block } from '@parley/client/stream-parser'
import { manualClock, settle } from './manual-clock.ts'

// The web platform's EventSource format tests (wpt, eventsource/format-*), under their names there.

const bytesOf = (text: string) => new TextEncoder().encode(text)
const blocksOf = (text: string): Block[] => createStreamParser().feed(bytesOf(text))
const dataOf = (text: string) => blocksOf(text).map(({ data }) => data)
const idsOf = (text: string) => blocksOf(text).map(({ id }) => id)
const namesOf = (text: string) => blocksOf(text).map(({ name }) => name)
function retryOf(text: string): number | null {
  const parser = createStreamParser()
  parser.feed(bytesOf(text))
  return parser.retryMs
}

const bom = '\uFEFF'

describe('the event stream format', () => {
  it('bom: a byte order mark at the very start is ignored; a later one is part of a field name', () => {
    expect(dataOf(`${bom}data: a\n\n${bom}data: b\n\ndata: c\n\n`)).toEqual(['a', 'c'])
  })
  it('bom-2: the second of two byte order marks is part of a field name', () => {
    expect(dataOf(`${bom}${bom}data: a\n\ndata: b\n\n`)).toEqual(['b'])
  })
  it('comments: a line that begins with a colon is ignored, whatever its length, end and content', () => {
    const lines = [':', ':\0', `:${'-'.repeat(5_000)}`, ': data: no', ':id: no', '::']
    const ends = ['\n', '\r', '\r\n']
    const between = lines.map((line, index) => line + ends[index % 3]!).join('')
    expect(blocksOf(`data: a\n${between}data: b\n${between}\n`)).toEqual([
      { id: null, name: 'message', data: 'a\nb' }
    ])
  })
  it('data-before-final-empty-line: a block without a final empty line is discarded, with its id', () => {
    expect(blocksOf('retry: 10\ndata: a\n\nid: 7\ndata: b')).toEqual([
      { id: null, name: 'message', data: 'a' }
    ])
    expect(blocksOf('id: 7\ndata: b\n')).toEqual([])
  })
  it('field-data: lines are joined by LF; an empty data line counts; a block without data is no event', () => {
    expect(dataOf('data\n\n')).toEqual([''])
    expect(dataOf('data:\ndata\n\n')).toEqual(['\n'])
    expect(dataOf('data: a\ndata\ndata:\ndata: b\n\n')).toEqual(['a\n\n\nb'])
    expect(dataOf('event: a\n\n\n\ndata: b\n\n')).toEqual(['b'])
  })
  it('field-event: names the event of its own block only', () => {
    expect(namesOf('event: a\nevent: b\ndata\n\ndata\n\n')).toEqual(['b', 'message'])
    expect(namesOf('event: lost\n\ndata\n\n')).toEqual(['message'])
    expect(namesOf('data\nevent: late\n\n')).toEqual(['late'])
  })
  it('field-event-empty: an empty name counts as no name', () => {
    expect(namesOf('event\ndata\n\n')).toEqual(['message'])
    expect(namesOf('event: a\nevent: \ndata\n\n')).toEqual(['message'])
  })
  it('field-id: sets the id of its block, including non-ASCII characters', () => {
    expect(idsOf('id: né\ndata\n\n')).toEqual(['né'])
    expect(idsOf('id: 1\nid: 2\ndata\n\n')).toEqual(['2'])
    expect(blocksOf('id: 1\n\n')).toEqual([{ id: '1', name: 'message', data: null }])
  })
  it('field-id-2, field-id-3: a block without an id has none; an empty id is an empty id', () => {
    expect(idsOf('id: 1\ndata\n\ndata\n\nid: 2\ndata\n\nid\ndata\n\ndata\n\n')).toEqual([
      '1',
      null,
      '2',
      '',
      null
    ])
  })
  it('field-id-null: an id with NUL is ignored', () => {
    expect(idsOf('id: \0\ndata\n\n')).toEqual([null])
    expect(idsOf('id: 1\nid: 2\0\ndata\n\n')).toEqual(['1'])
  })
  it('field-parsing: the field name is exactly the text before the first colon', () => {
    for (const line of [
      'Data: x',
      'DATA: x',
      'data : x',
      ' data: x',
      'data\0: x',
      '\0data: x',
      'dat: x',
      'da-ta: x'
    ])
      expect(dataOf(`${line}\ndata: a\n\n`), JSON.stringify(line)).toEqual(['a'])
    expect(dataOf('data:: a:b\n\n')).toEqual([': a:b'])
  })
  it('field-retry: sets the delay, in digits', () => {
    expect(retryOf('retry: 2500\n\n')).toBe(2_500)
    expect(retryOf('retry: 007\n\n')).toBe(7)
    // It takes effect at the end of its line, as in browsers.
    expect(retryOf('retry: 2500\n')).toBe(2_500)
  })
  it.each(['5x', 'x5', '-5', '5.5', '5 5', '٥'])('field-retry-bogus: %j is ignored', (value) => {
    expect(retryOf(`retry: 2500\nretry: ${value}\n\n`)).toBe(2_500)
  })
  it('field-retry-empty: an empty value is ignored', () => {
    expect(retryOf('retry: 2500\nretry\nretry:\n\n')).toBe(2_500)
    expect(retryOf('retry\n\n')).toBeNull()
  })
  it('field-unknown: an unknown field is ignored', () => {
    expect(dataOf('colour: red\ndata: a\nno colon at all\ndata: b\n\n')).toEqual(['a\nb'])
  })
  it('leading-space: one space after the colon is removed; a second one, or a tab, is kept', () => {
    expect(dataOf('data: a\n\ndata:  b\n\ndata:\tc\n\ndata:d\n\ndata: \n\n')).toEqual([
      'a',
      ' b',
      '\tc',
      'd',
      ''
    ])
    expect(idsOf('id:  1\ndata\n\n')).toEqual([' 1'])
  })
  it('newlines: a line ends at any mix of LF, CR and CRLF', () => {
    expect(dataOf('data: a\ndata: b\rdata: c\r\n\r\ndata: d\r\rdata: e\n\n')).toEqual(['a\nb\nc', 'd', 'e'])
    expect(dataOf('data: a\u2028\u0085\v\fb\n\n'), 'and at nothing else').toEqual(['a\u2028\u0085\v\fb'])
  })
  it('null-character: NUL in data is kept', () => {
    expect(dataOf('data: \0\n\n')).toEqual(['\0'])
  })
  it('utf-8: invalid UTF-8 becomes U+FFFD, without affecting later bytes', () => {
    const parser = createStreamParser()
    const broken = Uint8Array.of(...bytesOf('data: '), 0xff, 0xc3, ...bytesOf('\n\ndata: ü\n\n'))
    expect(parser.feed(broken).map(({ data }) => data)).toEqual(['\uFFFD\uFFFD', 'ü'])
  })
})

describe('the content type of an event stream', () => {
  const open: EventStream[] = []
  afterEach(() => {
    for (const stream of open.splice(0)) stream.close()
  })
  /** Returns the events that a client reads from a response of this type. */
  async function takenFrom(type: string): Promise<string[]> {
    const taken: string[] = []
    open.push(
      new EventStream({
        open: () =>
          Promise.resolve(
            new Response(bytesOf('id: e-1\ndata: "…"\n\n'), { headers: { 'content-type': type } })
          ),
        cursor: { epoch: 'e', seq: 0 },
        onEvent: ({ data }) => void taken.push(data as unknown as string),
        onReset: () => Promise.reject(new Error('never')),
        onSignedOut: () => {},
        clock: manualClock()
      })
    )
    await settle()
    return taken
  }

  it.each(['text/event-stream', 'text/event-stream;', 'TEXT/Event-Stream ; x=y'])(
    'mime-trailing-semicolon: %s is accepted',
    async (type) => expect(await takenFrom(type)).toEqual(['…'])
  )
  it('utf-8: is read as UTF-8 whatever its charset', async () => {
    expect(await takenFrom('text/event-stream; charset=windows-1252')).toEqual(['…'])
  })
  it.each(['text/x-bogus', 'text/event-stream-2', 'x text/event-stream', 'text/html', ''])(
    'mime-bogus, mime-valid-bogus: %j is refused',
    async (type) => expect(await takenFrom(type)).toEqual([])
  )
})
