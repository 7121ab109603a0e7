import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TypingLine } from '../../web/src/features/conversation/typing-line.tsx'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** What is seen, and what is read out, as the names change. */
function watch() {
  const { rerender } = render(<TypingLine names={[]} />)
  return (...names: string[]) => {
    rerender(<TypingLine names={names} />)
    return [document.querySelector('[data-part=typing]')?.textContent, screen.getByRole('status').textContent]
  }
}

describe('the line of who is writing', () => {
  it('names one and two, and counts more', () => {
    const show = watch()
    expect(show('jane')[0]).toBe('jane is typing…')
    expect(show('jane', 'joe')[0]).toBe('jane and joe are typing…')
    expect(show('jane', 'joe', 'jill')[0]).toBe('3 people are typing…')
    expect(show()[0]).toBeUndefined()
  })

  it('is read out as it begins, and not with every change, nor again soon', () => {
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
