import { readdir, readFile } from 'node:fs/promises'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { noteServerTime, serverNow, useNow, useToday } from '../../web/src/lib/now.ts'
import { dayOf, lastSeenOf, shortTimeOf } from '../../web/src/lib/times.ts'

const hourMs = 60 * 60_000

function Times({ at }: { at: string }) {
  const [now, today] = [useNow(), useToday()]
  return (
    <p data-testid="times">{[lastSeenOf(at, now), dayOf(at, today), shortTimeOf(at, today)].join(' | ')}</p>
  )
}
const shown = () => screen.getByTestId('times').textContent

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 0, 31, 23, 58, 30) })
})
afterEach(() => {
  cleanup()
  act(() => noteServerTime(Date.now()))
  vi.useRealTimers()
})

describe('times in an open app', () => {
  it('change as time passes, and at midnight', () => {
    render(<Times at={new Date(2026, 0, 31, 23, 58, 20).toISOString()} />)
    expect(shown()).toMatch(/^last seen just now \| Today \| \d/)
    act(() => void vi.advanceTimersByTime(89_000))
    expect(shown()).toMatch(/^last seen 1 minute ago \| Today/)
    act(() => void vi.advanceTimersByTime(2_000))
    expect(shown()).toMatch(/\| Yesterday \| Yesterday$/)
  })
  it.each([
    ['visibilitychange', () => document],
    ['pageshow', () => window],
    ['focus', () => window],
    ['online', () => window]
  ])('are correct at once after a sleep: %s', (event, target) => {
    render(<Times at={new Date(2026, 0, 31, 23, 58, 20).toISOString()} />)
    // A sleeping device runs no timers.
    vi.setSystemTime(new Date(2026, 1, 2, 8, 0))
    expect(shown()).toMatch(/just now/)
    act(() => void target().dispatchEvent(new Event(event)))
    expect(shown()).toMatch(/on 31 January|on January 31/)
  })
})

describe('a device with a wrong clock', () => {
  it.each([-3, 3])("by %i hours shows the server's times", (hours) => {
    const serverMs = Date.now() - hours * hourMs
    render(<Times at={new Date(serverMs - 10_000).toISOString()} />)
    act(() => noteServerTime(serverMs))
    expect(shown()).toMatch(/^last seen just now \| Today/)
    act(() => void vi.advanceTimersByTime(120_000))
    expect(shown()).toMatch(/^last seen 2 minutes ago/)
    expect(serverNow()).toBe(serverMs + 120_000)
  })
  it('starts no timer without a time on the screen', () => {
    noteServerTime(Date.now() + 3 * hourMs)
    expect(vi.getTimerCount()).toBe(0)
    const { unmount } = render(<Times at={new Date().toISOString()} />)
    expect(vi.getTimerCount()).toBe(1)
    unmount()
    expect(vi.getTimerCount()).toBe(0)
  })
  it('that is corrected while the app is open needs no reload', () => {
    render(<Times at={new Date(Date.now() - 10_000).toISOString()} />)
    act(() => noteServerTime(Date.now() - 3 * hourMs))
    vi.setSystemTime(Date.now() - 3 * hourMs)
    act(() => noteServerTime(Date.now()))
    expect(serverNow()).toBe(Date.now())
  })
})

it("the device's clock is read in one place", async () => {
  const names = (await readdir('web/src', { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const reads = await Promise.all(
    names.map(async (name) =>
      /\bDate\.now\(\)|\bnew Date\(\)/.test(await readFile(`web/src/${name}`, 'utf8')) ? name : []
    )
  )
  expect(reads.flat()).toEqual(['lib/now.ts'])
})
