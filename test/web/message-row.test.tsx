import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SendItem } from '@parley/client'
import { problemDocument } from '@parley/contract/problem-details'
import { Problem } from '@parley/contract/problems'
import { MessageRow } from '../../web/src/features/conversation/message-row.tsx'
import { jane, jill, joe, john, modelServer } from './model-server.ts'
import type { Row } from '../../web/src/state/model/rows.ts'

afterEach(cleanup)

function show(row: Partial<Row>, group = false) {
  const done: string[] = []
  const whole: Row = {
    key: '1',
    content: 'hello',
    at: '2026-01-31T12:00:00.000Z',
    mine: false,
    sender: jane,
    replyTo: null,
    forwardedFrom: null,
    readers: [],
    message: null,
    pending: null,
    changing: false,
    startsDay: false,
    startsUnread: false,
    continues: false,
    continued: false,
    ...row
  }
  render(
    <MessageRow
      row={whole}
      group={group}
      me={john}
      people={new Map([john, jane].map((user) => [user.id, user]))}
      found={false}
      actions={{
        retry: (clientId) => void done.push(`retry ${clientId}`),
        takeBack: ({ content }) => void done.push(`edit ${content}`),
        discard: (clientId) => void done.push(`discard ${clientId}`),
        hasMenu: (message) => !message.deletedAt,
        openMenu: () => void done.push('menu'),
        react: (_message, emoji, there) => void done.push(`${there ? 'put' : 'take'} ${emoji}`),
        jumpTo: (id) => void done.push(`jump to ${id}`)
      }}
    />
  )
  return done
}

const failed: SendItem = {
  kind: 'send',
  clientId: 'c-1',
  conversationId: '7',
  content: 'hello',
  queuedAt: '2026-01-31T12:00:00.000Z',
  problem: problemDocument(new Problem('conversation_not_found'))
}

const shownName = () => document.querySelector('[data-part=author]')?.textContent
const said = modelServer().send('7', jane)!

describe('a message', () => {
  it('is plain text, whatever it looks like', () => {
    show({ content: '<img src=x onerror=alert(1)> &amp; <b>' })
    expect(screen.getByText('<img src=x onerror=alert(1)> &amp; <b>')).toBeTruthy()
    expect(document.querySelector('img')).toBeNull()
  })
  it('has links that open in a new tab without a referrer', () => {
    show({ content: 'see https://example.org/ and javascript:alert(1)' })
    const link = screen.getByRole<HTMLAnchorElement>('link')
    expect([link.href, link.target, link.rel]).toEqual([
      'https://example.org/',
      '_blank',
      'noopener noreferrer'
    ])
  })
  it('shows that it is being sent', () => {
    show({ mine: true, pending: { ...failed, problem: null } })
    expect(screen.getByText('Sending')).toBeTruthy()
  })
  it('that was refused shows the reason, and offers retry, edit and discard', () => {
    const done = show({ mine: true, pending: failed })
    expect(screen.getByRole('alert').textContent).toMatch(/no longer a member/)
    for (const name of ['Try again', 'Edit', 'Discard']) fireEvent.click(screen.getByRole('button', { name }))
    expect(done).toEqual(['retry c-1', 'edit hello', 'discard c-1'])
  })
  it('by another author that could not be forwarded is not offered for editing', () => {
    show({ mine: true, pending: { ...failed, forwardOf: { id: '3', sender: jane } } })
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual([
      'Try again',
      'Discard'
    ])
  })
  it('that was deleted leaves a tombstone without its text', () => {
    const deleted = { ...said, content: '', version: 2, deletedAt: said.createdAt }
    // An own message, too, which an admin may have deleted.
    for (const mine of [false, true]) {
      show({ content: '', mine, message: { ...deleted, mine } })
      expect(screen.getByRole('article', { name: 'This message was deleted' })).toBeTruthy()
      expect(screen.getByText('This message was deleted')).toBeTruthy()
      if (!mine) cleanup()
    }
    expect(screen.queryByText('Sent')).toBeNull()
  })
  it('that was edited says so', () => {
    show({ message: { ...said, version: 2, editedAt: said.createdAt } })
    expect(screen.getByText(/^edited /)).toBeTruthy()
  })
  it('that replies to another one leads to it', () => {
    const done = show({ replyTo: { id: '3', content: 'the question', sender: jane } })
    fireEvent.click(screen.getByRole('button', { name: 'Go to the message from jane' }))
    expect(screen.getByText('the question')).toBeTruthy()
    expect(done).toEqual(['jump to 3'])
  })
  it('highlights mentions', () => {
    show({ content: 'ask @jane or @unknown', message: { ...said, mentions: [jane.id] } })
    expect(Array.from(document.querySelectorAll('strong'), (each) => each.textContent)).toEqual(['@jane'])
  })
  it("shows its reactions and who added them; a click adds or removes one's own", () => {
    const reactions = [
      { emoji: '👍', userIds: [jane.id, john.id] },
      { emoji: '❤️', userIds: [jane.id, 'unknown'] }
    ]
    const done = show({ message: { ...said, reactions } })
    const [thumbs, heart] = [/👍 2: jane and you/, /❤️ 2: jane and Someone/].map((name) =>
      screen.getByRole('button', { name })
    )
    expect(thumbs!.getAttribute('aria-pressed')).toBe('true')
    fireEvent.click(thumbs!)
    fireEvent.click(heart!)
    expect(done).toEqual(['take 👍', 'put ❤️'])
  })
  it('in a group, names its author when that changes', () => {
    show({ message: said }, true)
    expect(shownName()).toBe('jane')
    cleanup()
    show({ message: said, continues: true }, true)
    expect(shownName()).toBeUndefined()
    cleanup()
    show({ message: said })
    expect(shownName()).toBeUndefined()
  })
  it('shows who has read it, by name in a group', () => {
    show({ mine: true, readers: [jane] })
    expect(screen.getByText('Seen')).toBeTruthy()
    cleanup()
    show({ mine: true, readers: [jane, joe, jill, { ...jane, id: '9' }] }, true)
    expect(screen.getByText('Seen by jane, joe, jill, and 1 more')).toBeTruthy()
  })
  it('opens its menu on a right click, except on a link', () => {
    const done = show({ content: 'see https://example.org/', message: said })
    fireEvent.contextMenu(screen.getByRole('link'))
    expect(done).toEqual([])
    fireEvent.contextMenu(screen.getByText(/^see/))
    expect(done).toEqual(['menu'])
  })
  it('opens its menu under a resting finger, not under a scrolling one', () => {
    vi.useFakeTimers()
    const done = show({ message: said })
    const bubble = document.querySelector('[data-part=bubble]')!
    const finger = { pointerType: 'touch', isPrimary: true, clientX: 5, clientY: 5 }
    fireEvent.pointerDown(bubble, finger)
    fireEvent.pointerMove(bubble, { ...finger, clientY: 40 })
    vi.advanceTimersByTime(1_000)
    expect(done).toEqual([])
    fireEvent.pointerDown(bubble, finger)
    vi.advanceTimersByTime(1_000)
    expect(done).toEqual(['menu'])
    vi.useRealTimers()
  })
  it('of the system is a centred line', () => {
    show({ message: { ...said, change: { kind: 'participant_removed', user: jane } } }, true)
    expect(screen.getByText('jane left')).toBeTruthy()
    expect(screen.queryByRole('article')).toBeNull()
  })
})
