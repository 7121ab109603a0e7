import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import type { OutboxItem } from '@parley/client'
import { Problem } from '@parley/contract/errors'
import { MessageRow } from '../../web/src/features/conversation/message-row.tsx'
import type { Row } from '../../web/src/state/rows.ts'

afterEach(cleanup)

function show(row: Partial<Row>) {
  const done: string[] = []
  const whole: Row = {
    key: '1',
    content: 'hello',
    at: '2026-01-31T12:00:00.000Z',
    mine: false,
    message: null,
    pending: null,
    startsDay: false,
    startsUnread: false,
    continues: false,
    continued: false,
    ...row
  }
  render(
    <MessageRow
      row={whole}
      name="jane"
      onRetry={(clientId) => void done.push(`retry ${clientId}`)}
      onEdit={({ content }) => void done.push(`edit ${content}`)}
      onDiscard={(clientId) => void done.push(`discard ${clientId}`)}
    />
  )
  return done
}

const failed: OutboxItem = {
  clientId: 'c-1',
  conversationId: '7',
  content: 'hello',
  queuedAt: '2026-01-31T12:00:00.000Z',
  problem: new Problem('conversation_not_found').toJSON()
}

describe('a message', () => {
  it('is text, whatever it looks like', () => {
    show({ content: '<img src=x onerror=alert(1)> &amp; <b>' })
    expect(screen.getByText('<img src=x onerror=alert(1)> &amp; <b>')).toBeTruthy()
    expect(document.querySelector('img')).toBeNull()
  })
  it('has links that open elsewhere and tell nothing of where they were', () => {
    show({ content: 'see https://example.org/ and javascript:alert(1)' })
    const link = screen.getByRole<HTMLAnchorElement>('link')
    expect([link.href, link.target, link.rel]).toEqual([
      'https://example.org/',
      '_blank',
      'noopener noreferrer'
    ])
  })
  it('says that it is on its way', () => {
    show({ mine: true, pending: { ...failed, problem: null } })
    expect(screen.getByText('Sending')).toBeTruthy()
  })
  it('that was refused says why, and offers another try, an edit, or to be forgotten', () => {
    const done = show({ mine: true, pending: failed })
    expect(screen.getByRole('alert').textContent).toMatch(/no longer part/)
    for (const name of ['Try again', 'Edit', 'Discard']) fireEvent.click(screen.getByRole('button', { name }))
    expect(done).toEqual(['retry c-1', 'edit hello', 'discard c-1'])
  })
})
