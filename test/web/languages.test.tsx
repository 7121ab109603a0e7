import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Fragment } from 'react'
import { useStore } from 'zustand'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { AccessPage } from '../../web/src/features/access/access-page.tsx'
import { formatList, formatNumber } from '../../web/src/lib/formats.ts'
import { lineText } from '../../web/src/lib/line-texts.ts'
import { keep } from '../../web/src/lib/local-store.ts'
import {
  chooseLocale,
  followOtherTabs,
  preferredLocale,
  shownLocale,
  startLocale
} from '../../web/src/lib/locale.ts'
import { problemText } from '../../web/src/lib/problem-texts.ts'
import { dayOf, lastSeenOf } from '../../web/src/lib/times.ts'
import { typingText } from '../../web/src/lib/typing-texts.ts'
import { jane, john } from './model-server.ts'

const languages = vi.spyOn(navigator, 'languages', 'get')
beforeEach(() => {
  languages.mockReturnValue(['en-US'])
})
afterEach(async () => {
  cleanup()
  languages.mockReturnValue(['en-US'])
  await chooseLocale('en')
  keep('parley:locale', '')
})

function Page() {
  const { locale } = useStore(shownLocale)
  return (
    <Fragment key={locale}>
      <AccessPage
        loadMethods={async () => ({ github: false, development: true })}
        githubAddress="/"
        expired={false}
        problem="oauth_state_invalid"
        onLogin={async () => {}}
      />
    </Fragment>
  )
}

const chooser = () => screen.getByRole<HTMLSelectElement>('combobox')

describe('the language of the page', () => {
  it('is the chosen one, else the browser’s first that the app has, else English', () => {
    expect(preferredLocale()).toBe('en')
    languages.mockReturnValue(['fr-FR', 'ar-EG', 'de'])
    expect(preferredLocale()).toBe('ar')
    languages.mockReturnValue(['fr'])
    expect(preferredLocale()).toBe('en')
    keep('parley:locale', 'de')
    expect(preferredLocale()).toBe('de')
    keep('parley:locale', 'toString')
    expect(preferredLocale()).toBe('en')
  })

  it('is set before the first render', async () => {
    languages.mockReturnValue(['ar'])
    await startLocale()
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['ar', 'rtl'])
    render(<Page />)
    expect(await screen.findByRole('button', { name: 'تسجيل الدخول' })).toBeTruthy()
  })

  it('changes while the page is open, with its direction, and the choice is stored', async () => {
    render(<Page />)
    await screen.findByRole('button', { name: 'Sign in' })
    expect(Array.from(chooser().options, ({ text }) => text)).toEqual(['English', 'Deutsch', 'العربية'])
    fireEvent.change(chooser(), { target: { value: 'de' } })
    await screen.findByRole('button', { name: 'Anmelden' })
    expect(screen.getByRole('alert').textContent).toMatch(/^Die Anmeldung hat zu lange gedauert/)
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['de', 'ltr'])
    expect(document.activeElement).toBe(chooser())
    fireEvent.change(chooser(), { target: { value: 'ar' } })
    await screen.findByRole('button', { name: 'تسجيل الدخول' })
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['ar', 'rtl'])
    expect(preferredLocale()).toBe('ar')
  })

  it('follows a choice in another tab', async () => {
    followOtherTabs()
    render(<Page />)
    localStorage.setItem('parley:locale', 'de')
    dispatchEvent(new StorageEvent('storage', { key: 'parley:locale', newValue: 'de' }))
    await screen.findByRole('button', { name: 'Anmelden' })
  })
})

const now = new Date(2026, 0, 31, 15, 0)
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()
const old = new Date(2025, 2, 9, 8, 5).toISOString()

describe('dates, numbers and lists', () => {
  it('are German in German', async () => {
    await chooseLocale('de')
    expect(lastSeenOf(minutesAgo(5), now)).toBe('zuletzt online vor 5 Minuten')
    expect(lastSeenOf(minutesAgo(24 * 60), now)).toBe('zuletzt online gestern')
    expect(dayOf(old, now)).toBe('9. März 2025')
    expect(formatNumber(12_345)).toBe('12.345')
    expect(formatList(['joe', 'jane', 'jill'])).toBe('joe, jane und jill')
    expect(problemText({ code: 'group_full', data: { max: 1_000 } })).toContain('1.000 Mitglieder')
  })

  it('follow the browser’s region for the language', async () => {
    languages.mockReturnValue(['en-US', 'ar-EG'])
    await chooseLocale('ar')
    expect(formatNumber(12_345)).toBe('١٢٬٣٤٥')
    expect(typingText(['joe', 'jane', 'jill'])).toBe('٣ أشخاص يكتبون…')
    languages.mockReturnValue(['en-GB'])
    await chooseLocale('en')
    expect(dayOf(old, now)).toBe('9 March 2025')
  })

  it('are there in a browser whose own tag is not valid', async () => {
    languages.mockReturnValue(['de-DE@posix'])
    await startLocale()
    expect(formatNumber(12_345)).toBe('12.345')
  })

  it.each([
    [0, 'هذا سريع جدًا. حاول مرة أخرى الآن.'],
    [1, 'هذا سريع جدًا. حاول مرة أخرى بعد ثانية واحدة.'],
    [2, 'هذا سريع جدًا. حاول مرة أخرى بعد ثانيتين.'],
    [3, 'هذا سريع جدًا. حاول مرة أخرى بعد 3 ثوانٍ.'],
    [11, 'هذا سريع جدًا. حاول مرة أخرى بعد 11 ثانية.'],
    [100, 'هذا سريع جدًا. حاول مرة أخرى بعد 100 ثانية.']
  ])('use the Arabic form for %i', async (retryAfterSeconds, text) => {
    await chooseLocale('ar')
    expect(problemText({ code: 'rate_limited', data: { retryAfterSeconds } })).toBe(text)
  })
})

it('a name is isolated in a right-to-left sentence, whatever its script', async () => {
  await chooseLocale('ar')
  const line = { change: { kind: 'participant_removed', user: jane }, sender: jane } as unknown as Message
  expect(lineText(line, john)).toBe('غادر \u2068jane\u2069 المجموعة')
})
