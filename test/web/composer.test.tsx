import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Mode } from '../../web/src/features/conversation/writing.ts'
import { jane, jill, joe, john, modelServer } from './model-server.ts'
import { Composer } from '../../web/src/features/conversation/composer.tsx'

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function compose(
  onSend: (content: string) => Promise<void> = () => Promise.resolve(),
  mode: Mode | null = null
) {
  const sent: string[] = []
  const done: string[] = []
  function Page() {
    const [draft, setDraft] = useState(mode?.kind === 'edit' ? mode.message.content : '')
    return (
      <Composer
        name="jane"
        text={draft}
        onText={setDraft}
        onTyping={() => void done.push('typing')}
        mode={mode}
        onLeaveMode={() => void done.push('mode left')}
        onEditLast={() => void done.push('edit the last')}
        people={[jane, jill, joe]}
        onMention={() => void done.push('mention begun')}
        onSend={(content) => {
          sent.push(content)
          return onSend(content)
        }}
      />
    )
  }
  render(<Page />)
  const field = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message jane' })
  return { sent, done, field, write: (value: string) => fireEvent.change(field, { target: { value } }) }
}

describe('the composer', () => {
  it('sends at Enter, and is empty again', async () => {
    const { sent, field, write } = compose()
    write('  hello\nthere ')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['hello\nthere'])
    await waitFor(() => expect(field.value).toBe(''))
  })
  it('begins a line at Shift and Enter', () => {
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
  it('sends nothing blank', () => {
    const { sent, field, write } = compose()
    write(' \n ')
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual([])
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true)
  })
  it('gives the text back when it could not be put aside', async () => {
    const { field, write } = compose(() => Promise.reject(new Error('disk full')))
    write('precious')
    fireEvent.keyDown(field, { key: 'Enter' })
    await screen.findByRole('alert')
    expect(field.value).toBe('precious')
  })
  it('tells how much room is left near the end of it', () => {
    const { write } = compose()
    write('x'.repeat(3_990))
    expect(screen.getByText(/characters/).textContent).toBe('10 characters left')
    write('👋'.repeat(4_001))
    expect(screen.getByText(/characters/).textContent).toBe('1 characters too many')
  })
  it('goes up from an empty field to my last message, and only from there', () => {
    const { done, field, write } = compose()
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    write('x')
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    expect(done).toEqual(['edit the last', 'typing'])
  })
})

describe('that I am writing', () => {
  const message = modelServer().send('7', john, 'an old one')!

  it('is told at every keystroke, and not when the field is emptied, nor by sending', () => {
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
  it('is told of an answer, and of no edit of an old message', () => {
    const answer = compose(undefined, { kind: 'reply', message })
    answer.write('yes')
    expect(answer.done).toEqual(['typing'])
    cleanup()
    const edit = compose(undefined, { kind: 'edit', message })
    edit.write('a new one')
    expect(edit.done).toEqual([])
  })
})

describe('an answer and an edit', () => {
  const server = modelServer()
  const message = server.send('7', jane, 'the question')!

  it('say what they are about, and end with Escape', () => {
    const { done, field } = compose(undefined, { kind: 'reply', message })
    expect(screen.getByText('Reply to jane')).toBeTruthy()
    expect(screen.getByText('the question')).toBeTruthy()
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(done).toEqual(['mode left'])
  })
  it('an edit that is refused stays, with the reason', async () => {
    const mine = server.send('7', john, 'tpyo')!
    const { field, write } = compose(() => Promise.reject(new Error('It was deleted.')), {
      kind: 'edit',
      message: mine
    })
    write('typo')
    fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    expect((await screen.findByRole('alert')).textContent).toBe('It was deleted.')
    expect(field.value).toBe('typo')
  })
})

const options = () => screen.queryAllByRole('option').map((option) => option.textContent)

describe('mentions', () => {
  it('are completed by keys: arrows choose, Enter takes, and nothing is sent', () => {
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
  it('are put away by Escape, and Enter sends then', () => {
    const { sent, field, write } = compose()
    write('mail @j')
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(options()).toEqual([])
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['mail @j'])
  })
  it('of nobody are text', () => {
    const { sent, field, write } = compose()
    write('@nobody')
    expect(options()).toEqual([])
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(sent).toEqual(['@nobody'])
  })
})
