import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NetworkError, Refusal } from '@parley/client'
import { PeopleSearch } from '../../web/src/features/home/people-search.tsx'
import { MessengerProvider } from '../../web/src/state/hooks/context.tsx'
import type { Messenger } from '../../web/src/state/hooks/messenger.ts'

afterEach(() => {
  cleanup()
  history.replaceState(null, '', '/')
})

/** Whether the server is reachable. */
const network = { up: true }
beforeEach(() => void (network.up = true))

function search() {
  const started: string[] = []
  const messenger = {
    async suggestUsernames(search: string) {
      if (!network.up) throw new NetworkError('no network')
      return ['jane', 'joan'].filter((name) => name.startsWith(search))
    },
    startConversation: async (username: string) => {
      started.push(username)
      if (username === 'unknown') throw new Refusal(404, { code: 'user_not_found' })
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

describe('the people search', () => {
  it('is used by keys alone: down, up, and Enter starts the conversation', async () => {
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
  it('accepts a full name without a suggestion, and explains an error', async () => {
    const { started, field, type } = search()
    type('unknown')
    await screen.findByText(/No one found for “unknown”/)
    fireEvent.keyDown(field, { key: 'Enter' })
    await screen.findByText('No one has this username. Check the spelling.')
    expect(started).toEqual(['unknown'])
    expect(location.pathname).toBe('/')
  })
  it('says when the server is unreachable, and retries by a button or when the network is back', async () => {
    const { field, type } = search()
    network.up = false
    type('ja')
    await screen.findByText(/The server can’t be reached/)
    expect(screen.queryByText(/No one found/)).toBeNull()
    network.up = true
    const again = screen.getByRole('button', { name: 'Try again' })
    // A press by a finger keeps the focus, and the phone's keyboard open.
    expect(fireEvent.pointerDown(again)).toBe(false)
    fireEvent.click(again)
    await screen.findByRole('option', { name: /jane/ })
    expect(screen.queryByText(/can’t be reached/)).toBeNull()
    expect(screen.queryByRole('button')).toBeNull()
    network.up = false
    type('jo')
    await screen.findByText(/The server can’t be reached/)
    network.up = true
    dispatchEvent(new Event('online'))
    await waitFor(() => expect(screen.queryByText(/can’t be reached/)).toBeNull())
    await screen.findByRole('option', { name: /joan/ })
    expect(document.activeElement).toBe(field)
  })
  it('closes on Escape, and clears on the next one', async () => {
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

describe('Enter in the people search', () => {
  it('accepts the only name with this prefix, before and after suggestions arrive', async () => {
    for (const wait of [true, false]) {
      const { started, field, type } = search()
      type('ja')
      if (wait) await screen.findByRole('option', { name: /jane/ })
      fireEvent.keyDown(field, { key: 'Enter' })
      await waitFor(() => expect(started).toEqual(['jane']))
      cleanup()
    }
  })
  it('accepts the text itself if several names start with it', async () => {
    const { started, field, type } = search()
    type('j')
    await screen.findAllByRole('option')
    fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(started).toEqual(['j']))
  })
})
