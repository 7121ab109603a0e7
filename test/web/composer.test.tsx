import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuthUser } from '@parley/contract/people'
import { quoteOf } from '../../web/src/lib/quotes.ts'
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import { emptyDraft, withEditing, type Draft } from '../../web/src/state/model/draft.ts'
import { localWriting } from './local-writing.ts'
import { jane, jill, joe, john, modelServer } from './model-server.ts'
import { Composer } from '../../web/src/features/conversation/composer.tsx'

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

type Shown = {
  draft?: Draft
  send?: () => Promise<void>
  edit?: () => Promise<void>
  me?: AuthUser
  isDeleted?: (messageId: string) => boolean
}

function compose({ draft = emptyDraft, send, edit, me = john, isDeleted = () => false }: Shown = {}) {
  const sent: string[] = []
  const edited: unknown[] = []
  const done: string[] = []
  const { writing, drafts } = localWriting(
    {
      send: (content, extras) => {
        sent.push(content)
        if ('replyTo' in extras) done.push('quoted')
        return send?.() ?? Promise.resolve()
      },
      edit: (...what) => {
        edited.push(what)
        return edit?.() ?? Promise.resolve()
      }
    },
    draft
  )
  render(
    <Composer
      name="jane"
      me={me}
      writing={writing}
      onTyping={() => void done.push('typing')}
      onSent={() => {}}
      onEditLast={() => void done.push('edit the last')}
      isDeleted={isDeleted}
      people={[jane, jill, joe]}
      onMention={() => void done.push('mention begun')}
    />
  )
  const field = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message jane' })
  const write = (value: string) => fireEvent.change(field, { target: { value } })
  return { sent, edited, done, field, write, writing, drafts }
}

const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name })

/** Synchronises a draft that another device changed. */
function synchronise({ drafts }: ReturnType<typeof compose>, text: string) {
  const draft: Draft = { ...emptyDraft, text }
  act(() => drafts.write('7', { draft, base: { version: 1, draft }, sent: null }))
}
const notice = () => screen.queryByText('You also have a draft from another device')

describe('a draft of another device', () => {
  it('P4: enters a field without typing, even if the page focused it', () => {
    const composer = compose()
    expect(document.activeElement).toBe(composer.field)
    for (const text of ['h', 'hello', 'hello jane']) {
      synchronise(composer, text)
      expect([composer.field.value, notice()]).toEqual([text, null])
    }
  })

  it('P4: waits during typing, and can be used, or enters when the field loses the focus', () => {
    const composer = compose()
    composer.write('mine')
    synchronise(composer, 'of the phone')
    expect(composer.field.value).toBe('mine')
    expect(notice()).not.toBeNull()
    fireEvent.click(button('Use it'))
    expect([composer.field.value, notice()]).toEqual(['of the phone', null])

    fireEvent.pointerDown(composer.field)
    synchronise(composer, 'of the phone again')
    expect(composer.field.value).toBe('of the phone')
    act(() => composer.field.blur())
    expect([composer.field.value, notice()]).toEqual(['of the phone again', null])
  })

  it('P4: waits in a field that the user focused, and is discarded in favour of its text', () => {
    const composer = compose()
    composer.write('mine')
    act(() => composer.field.blur())
    act(() => composer.field.focus())
    synchronise(composer, 'of the phone')
    fireEvent.click(button('Discard the other draft'))
    expect([composer.field.value, notice()]).toEqual(['mine', null])
    expect(composer.drafts.read('7').draft.text).toBe('mine')
  })

  it('P4: that conflicts is kept beside the own one, and they can be swapped', () => {
    const composer = compose()
    composer.write('mine')
    synchronise(composer, 'of the phone')
    composer.write('mine, and more')
    expect(screen.getByText('of the phone')).toBeTruthy()
    fireEvent.click(button('Use it'))
    expect(composer.field.value).toBe('of the phone')
    fireEvent.click(button('Discard the other draft'))
    expect([composer.field.value, notice()]).toEqual(['of the phone', null])
  })

  it('P4: that was sent there clears the field if its text is unchanged', () => {
    const composer = compose()
    composer.write('mine')
    synchronise(composer, '')
    expect(composer.field.value).toBe('')
  })

  it('takes no focus with its reply', () => {
    const composer = compose()
    act(() => composer.field.blur())
    const draft: Draft = { ...emptyDraft, replyTo: { id: '3', content: 'a question', sender: jane } }
    act(() => composer.drafts.write('7', { draft, base: { version: 1, draft }, sent: null }))
    expect(screen.getByText(/Reply to/)).toBeTruthy()
    expect(document.activeElement).not.toBe(composer.field)
  })
})

describe('the composer', () => {
  it('sends on Enter and clears the field', async () => {
    const { sent, field, write } = compose()
    write('  hello\nthere ')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['hello\nthere'])
    await waitFor(() => expect(field.value).toBe(''))
  })
  it('starts a new line on Shift and Enter', () => {
    const { sent, field, write } = compose()
    write('hello')
    expect(fireEvent.keyDown(field, { key: 'Enter', shiftKey: true })).toBe(true)
    expect(sent).toEqual([])
  })
  it('leaves Enter to an input method that is composing', () => {
    const { sent, field, write } = compose()
    write('こん')
    fireEvent.keyDown(field, { key: 'Enter', isComposing: true })
    fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })
    expect(sent).toEqual([])
  })
  it('sends no blank text', () => {
    const { sent, field, write } = compose()
    write(' \n ')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual([])
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true)
  })
  it('restores the text when it could not be stored', async () => {
    const { field, write } = compose({ send: () => Promise.reject(new Error('disk full')) })
    write('precious')
    fireEvent.keyDown(field, { key: 'Enter' })
    await screen.findByRole('alert')
    expect(field.value).toBe('precious')
  })
  it('restores the text above what was typed in the meantime', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const { field, write } = compose({ send: () => promise })
    write('precious')
    fireEvent.keyDown(field, { key: 'Enter' })
    write('the next')
    reject(new Error('disk full'))
    await screen.findByRole('alert')
    expect(field.value).toBe('precious\nthe next')
  })
  it('counts a text without visible characters as empty, as the server does', () => {
    const { sent, done, field, write } = compose()
    for (const nothing of [' ', '\u{200B}', '\u{3164}', '\u{2800} \u{FE0F}', '\u{202E}']) {
      write(nothing)
      expect(button('Send').disabled).toBe(true)
      fireEvent.keyDown(field, { key: 'Enter' })
    }
    expect([sent, done]).toEqual([[], []])
  })
  it('moves up to the message being sent, not to the one before it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { done, field, write } = compose({ send: () => promise })
    write('the last')
    fireEvent.keyDown(field, { key: 'Enter' })
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    expect(done).not.toContain('edit the last')
    resolve()
    await waitFor(() => expect(done).toContain('edit the last'))
  })
  it('keeps the focus in the field if typing continued during a send', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { done, field, write, writing } = compose({ send: () => promise })
    write('the last')
    fireEvent.keyDown(field, { key: 'Enter' })
    const storing = writing.storing()
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    write('the next')
    resolve()
    await storing
    await Promise.resolve()
    expect(done).not.toContain('edit the last')
  })
  it('shows the remaining characters near the limit', () => {
    const { write } = compose()
    write('x'.repeat(3_990))
    expect(screen.getByText(/characters? (left|too many)/).textContent).toBe('10 characters left')
    write('👋'.repeat(4_001))
    expect(screen.getByText(/characters? (left|too many)/).textContent).toBe('1 character too many')
  })
  it('sends nothing above the server’s limit', () => {
    const { sent, field, write } = compose({ me: { ...john, messageMaxLength: 10 } })
    write('👋'.repeat(11))
    expect(screen.getByText(/characters? (left|too many)/).textContent).toBe('1 character too many')
    expect(button('Send').disabled).toBe(true)
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual([])
    write('👋'.repeat(10))
    expect(button('Send').disabled).toBe(false)
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['👋'.repeat(10)])
  })
  it('moves up from an empty field to the last own message, and only from there', () => {
    const { done, field, write } = compose()
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    write('x')
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    expect(done).toEqual(['edit the last', 'typing'])
  })
})

describe('the typing callback', () => {
  const message = modelServer().send('7', john, 'an old one')!

  it('runs on every keystroke, but not when the field is cleared or sent', () => {
    const { done, field, write } = compose()
    write('h')
    write('hi')
    expect(done).toEqual(['typing', 'typing'])
    write(' ')
    write('')
    write('x')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(done).toEqual(['typing', 'typing', 'typing'])
  })
  it('runs for a reply, and not for an edit of an old message', () => {
    const answer = compose({ draft: { ...emptyDraft, replyTo: quoteOf(message) } })
    answer.write('yes')
    expect(answer.done).toEqual(['typing'])
    cleanup()
    const edit = compose({ draft: withEditing(emptyDraft, message) })
    edit.write('a new one')
    expect(edit.done).toEqual([])
  })
})

describe('a reply and an edit', () => {
  const server = modelServer()
  const question = server.send('7', jane, 'the question')!
  const mine = server.send('7', john, 'tpyo')!

  it('name their message, and end with Escape', () => {
    const { field, writing } = compose({ draft: { ...emptyDraft, replyTo: quoteOf(question) } })
    expect(screen.getByText('Reply to jane')).toBeTruthy()
    expect(screen.getByText('the question')).toBeTruthy()
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(writing.get()).toEqual(emptyDraft)
    expect(screen.queryByText('Reply to jane')).toBeNull()
  })
  it('case 18: words typed while an edit is saved become a separate message', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { sent, edited, field, write } = compose({
      draft: withEditing(emptyDraft, mine),
      edit: () => promise
    })
    write('typo')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(field.value).toBe('')
    write('the next')
    fireEvent.keyDown(field, { key: 'Enter' })
    resolve()
    await waitFor(() => expect(sent).toEqual(['the next']))
    expect(edited).toEqual([[mine.id, 'typo', 1]])
  })
  it('an edit that cannot be stored stays, beside the message written in the meantime', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const { field, write } = compose({ draft: withEditing(emptyDraft, mine), edit: () => promise })
    write('typo')
    fireEvent.click(button('Save'))
    write('the next')
    reject(new Error('disk full'))
    await screen.findByRole('alert')
    expect(field.value).toBe('typo')
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(field.value).toBe('the next')
  })
  it('case 16: an edit keeps the text and reply it interrupted, also after a reload', () => {
    const draft = { ...emptyDraft, text: 'half a thought', replyTo: quoteOf(question) }
    const { field, write, drafts } = compose({ draft: withEditing(draft, mine) })
    expect(field.value).toBe('tpyo')
    write('typo')
    expect(openDrafts(john.id).get('7')).toEqual(drafts.get('7'))
    expect(openDrafts(jane.id).get('7')).toEqual(emptyDraft)
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(field.value).toBe('half a thought')
    expect(screen.getByText('Reply to jane')).toBeTruthy()
  })
  it('case 15: a reply to a deleted message says so', () => {
    const draft = { ...emptyDraft, replyTo: quoteOf(question) }
    compose({ draft })
    // Screen readers announce changes only of an existing region.
    expect(screen.getByText('the question').closest('[role=status]')).not.toBeNull()
    cleanup()
    compose({ draft, isDeleted: (id) => id === question.id })
    expect(screen.getByText(/sent without the quote/).closest('[role=status]')).not.toBeNull()
    expect(screen.queryByText('the question')).toBeNull()
  })
})

const options = () => screen.queryAllByRole('option').map((option) => option.textContent)

describe('mentions', () => {
  it('are completed by keys: arrows choose, Enter inserts, and nothing is sent', () => {
    const { sent, done, field, write } = compose()
    write('hello @j')
    expect(done).toEqual(['typing', 'mention begun'])
    expect(options()).toEqual(['Jjane', 'Jjill', 'Jjoe'])
    fireEvent.keyDown(field, { key: 'ArrowDown' })
    const active = screen.getAllByRole('option')[1]!
    expect(field.getAttribute('aria-activedescendant')).toBe(active.id)
    expect(active.getAttribute('aria-selected')).toBe('true')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(field.value).toBe('hello @jill ')
    expect(sent).toEqual([])
    expect(options()).toEqual([])
  })
  it('are closed by Escape, and then Enter sends', () => {
    const { sent, field, write } = compose()
    write('mail @j')
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(options()).toEqual([])
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['mail @j'])
  })
  it('of unknown users are plain text', () => {
    const { sent, field, write } = compose()
    write('@unknown')
    expect(options()).toEqual([])
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['@unknown'])
  })
})
