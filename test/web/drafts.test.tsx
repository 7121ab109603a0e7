import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { forgetKeys, keep, recall } from '../../web/src/lib/local-store.ts'
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import {
  emptyDraft,
  textOf,
  withEditing,
  withMessageBefore,
  withoutMode
} from '../../web/src/state/model/draft.ts'
import { john } from './model-server.ts'

beforeEach(() => localStorage.clear())
afterEach(() => vi.restoreAllMocks())

const draft = { ...emptyDraft, text: 'hello' }

it('a draft belongs to one user and conversation, and an empty one leaves nothing behind', () => {
  const drafts = openDrafts('1')
  drafts.set('7', draft)
  expect(Object.keys(localStorage)).toEqual(['parley:1:draft:7'])
  expect(openDrafts('1').get('7')).toEqual(draft)
  expect(openDrafts('1').get('8')).toEqual(emptyDraft)
  expect(openDrafts('2').get('7')).toEqual(emptyDraft)
  drafts.set('7', emptyDraft)
  expect(localStorage).toHaveLength(0)
})

it('a draft of Parley 0.1 is read as plain text, whatever it looks like', () => {
  for (const text of ['hello', '{"text', '{"text":7}', '{"a":1}', 'null', '[]']) {
    localStorage.setItem('parley:1:draft:7', text)
    expect(openDrafts('1').get('7')).toEqual({ ...emptyDraft, text })
  }
})

it('a conversation opened again shows the draft of another tab', () => {
  const [here, there] = [openDrafts('1'), openDrafts('1')]
  const changes: string[] = []
  const leave = here.subscribe('7', () => void changes.push(here.get('7').text))
  const before = here.get('7')
  expect(here.get('7')).toBe(before)
  here.set('7', draft)
  here.set('8', draft)
  expect(changes).toEqual(['hello'])
  there.set('7', { ...draft, text: 'from there' })
  expect(here.get('7').text).toBe('hello')
  leave()
  expect(here.get('7').text).toBe('from there')
})

it('an edit interrupts a text and then restores it', () => {
  const editing = withEditing(draft, { id: '3', version: 2, content: 'tpyo' })
  expect(textOf(editing)).toBe('tpyo')
  expect(editing.editing).toMatchObject({ messageId: '3', version: 2 })
  expect(withoutMode(editing)).toEqual(draft)
})

it('an unsent message comes back above later text, with its reply', () => {
  const quote = { id: '2', sender: john, content: 'a question' }
  const message = { text: 'an answer', replyTo: quote }
  expect(withMessageBefore(emptyDraft, message)).toEqual({ ...emptyDraft, ...message })
  expect(withMessageBefore(draft, message)).toEqual({
    ...emptyDraft,
    text: 'an answer\nhello',
    replyTo: quote
  })
  const newer = { ...quote, id: '3' }
  expect(withMessageBefore({ ...draft, replyTo: newer }, message).replyTo).toBe(newer)
})

it('a sign-out deletes all drafts', () => {
  const over = new AbortController()
  const drafts = openDrafts('1', over.signal)
  over.abort()
  forgetKeys('parley:1:')
  drafts.set('7', draft)
  expect(localStorage).toHaveLength(0)
})

it("a value that exceeds the browser's storage takes precedence over the older stored one", () => {
  keep('parley:1:x', 'old')
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new Error('QuotaExceededError')
  })
  keep('parley:1:x', 'new')
  expect(recall('parley:1:x')).toBe('new')
  forgetKeys('parley:1:')
  expect(recall('parley:1:x')).toBeNull()
})

/** Does what the browser does in this tab when another one writes. */
const writeElsewhere = (text: string) => {
  const key = 'parley:1:draft:7'
  localStorage.setItem(key, JSON.stringify({ ...emptyDraft, text }))
  dispatchEvent(new StorageEvent('storage', { key }))
}

it("another tab's text shows at once, and a concurrent local text is kept beside it", () => {
  const drafts = openDrafts('1')
  const seen: string[] = []
  const stop = drafts.subscribe('7', () => void seen.push(drafts.get('7').text))
  drafts.get('7')
  writeElsewhere('from there')
  expect([drafts.get('7').text, seen]).toEqual(['from there', ['from there']])
  drafts.hold('7', true)
  writeElsewhere('from there, again')
  expect(drafts.get('7').text).toBe('from there')
  drafts.set('7', { ...drafts.get('7'), text: 'from here' })
  expect(drafts.get('7')).toMatchObject({ text: 'from here', others: [{ text: 'from there, again' }] })
  localStorage.clear()
  dispatchEvent(new StorageEvent('storage', { key: null }))
  expect(drafts.get('7')).toEqual(emptyDraft)
  stop()
})

it('a conflicting draft shows beside the field at once, even while its person is writing', () => {
  const drafts = openDrafts('1')
  const stop = drafts.subscribe('7', () => {})
  drafts.get('7')
  drafts.hold('7', true)
  drafts.set('7', { ...emptyDraft, text: 'from here' })
  const other = { text: 'from there', replyTo: null, editing: null }
  drafts.write('7', { ...drafts.read('7'), draft: { ...emptyDraft, text: 'from here', others: [other] } })
  expect([drafts.waiting('7'), drafts.get('7').others]).toEqual([null, [other]])
  stop()
})

it('a draft of the previous version is read, with its reply', () => {
  const replyTo = { id: '2', sender: john, content: 'a question' }
  localStorage.setItem('parley:1:draft:7', JSON.stringify({ text: 'an answer', replyTo, editing: null }))
  expect(openDrafts('1').get('7')).toEqual({ ...emptyDraft, text: 'an answer', replyTo })
})
