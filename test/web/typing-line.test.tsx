import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TypingLine } from '../../web/src/features/conversation/typing-line.tsx'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** Renders the line; returns what is visible and what is announced as names change. */
function watch() {
  const { rerender } = render(<TypingLine names={[]} />)
  return (...names: string[]) => {
    rerender(<TypingLine names={names} />)
    return [document.querySelector('[data-part=typing]')?.textContent, screen.getByRole('status').textContent]
  }
}

describe('the typing line', () => {
  it('names one or two, and counts more', () => {
    const show = watch()
    expect(show('jane')[0]).toBe('jane is typing…')
    expect(show('jane', 'joe')[0]).toBe('jane and joe are typing…')
    expect(show('jane', 'joe', 'jill')[0]).toBe('3 people are typing…')
    expect(show()[0]).toBeUndefined()
  })

  it('is announced when typing starts, and not on every change or again soon', () => {
    const show = watch()
    expect(show('jane')[1]).toBe('jane is typing…')
    expect(show('jane', 'joe')[1]).toBe('jane is typing…')
    expect(show()[1]).toBe('')
    act(() => void vi.advanceTimersByTime(10_000))
    expect(show('joe')).toEqual(['joe is typing…', ''])
    expect(show()[1]).toBe('')
    act(() => void vi.advanceTimersByTime(10_000))
    expect(show('joe')[1]).toBe('joe is typing…')
  })
})
