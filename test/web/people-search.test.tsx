import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { Refusal } from '@parley/client'
import { PeopleSearch } from '../../web/src/features/home/people-search.tsx'
import { MessengerProvider } from '../../web/src/state/context.tsx'
import type { Messenger } from '../../web/src/state/messenger.ts'

afterEach(() => {
  cleanup()
  history.replaceState(null, '', '/')
})

function search() {
  const started: string[] = []
  const messenger = {
    suggestUsernames: async (search: string) => ['jane', 'joan'].filter((name) => name.startsWith(search)),
    startConversation: async (username: string) => {
      started.push(username)
      if (username === 'nobody') throw new Refusal(404, { code: 'user_not_found' })
      return '7'
    }
  }
  render(
    <MessengerProvider messenger={messenger as unknown as Messenger}>
      <PeopleSearch />
    </MessengerProvider>
  )
  const field = screen.getByRole<HTMLInputElement>('combobox')
  field.focus()
  return { started, field, type: (value: string) => fireEvent.change(field, { target: { value } }) }
}

describe('the search for people', () => {
  it('is driven by keys alone: down, up, and Enter starts the conversation', async () => {
    const { started, field, type } = search()
    type('j')
    const [jane, joan] = await screen.findAllByRole('option')
    for (const key of ['ArrowDown', 'ArrowDown']) fireEvent.keyDown(field, { key })
    expect(field.getAttribute('aria-activedescendant')).toBe(joan?.id)
    fireEvent.keyDown(field, { key: 'ArrowUp' })
    expect(jane?.getAttribute('aria-selected')).toBe('true')
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(location.pathname).toBe('/conversations/7'))
    expect(started).toEqual(['jane'])
    expect(field.value).toBe('')
  })
  it('takes a whole name without a suggestion, and says what is wrong with it', async () => {
    const { started, field, type } = search()
    type('nobody')
    await screen.findByText(/Nobody’s name here starts with “nobody”/)
    fireEvent.keyDown(field, { key: 'Enter' })
    await screen.findByText('Nobody here has this username. Check the spelling.')
    expect(started).toEqual(['nobody'])
    expect(location.pathname).toBe('/')
  })
  it('closes at Escape, and empties at the next', async () => {
    const { field, type } = search()
    type('j')
    await screen.findAllByRole('option')
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(screen.queryAllByRole('option')).toEqual([])
    expect(field.value).toBe('j')
    fireEvent.keyDown(field, { key: 'Escape' })
    expect(field.value).toBe('')
  })
})
