import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Composer } from '../../web/src/features/conversation/composer.tsx'

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function compose(onSend: (content: string) => Promise<void> = () => Promise.resolve()) {
  const sent: string[] = []
  function Page() {
    const [draft, setDraft] = useState('')
    return (
      <Composer
        name="jane"
        draft={draft}
        onDraft={setDraft}
        onSend={(content) => {
          sent.push(content)
          return onSend(content)
        }}
      />
    )
  }
  render(<Page />)
  const field = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message jane' })
  return { sent, field, write: (value: string) => fireEvent.change(field, { target: { value } }) }
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
    expect(screen.getByRole('status').textContent).toBe('10 characters left')
    write('👋'.repeat(4_001))
    expect(screen.getByRole('status').textContent).toBe('1 characters too many')
  })
})
