import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { NamePicker } from '../../web/src/ui/name-picker.tsx'

afterEach(cleanup)

const suggest = async (search: string) =>
  ['jack', 'jane', 'jill', 'joe'].filter((name) => name.startsWith(search))
function Page() {
  const [names, setNames] = useState<string[]>([])
  return (
    <NamePicker
      label="People"
      placeholder=""
      names={names}
      onNames={setNames}
      suggest={suggest}
      without={['jack']}
    />
  )
}

function pick() {
  render(<Page />)
  const field = screen.getByRole<HTMLInputElement>('combobox')
  return {
    field,
    type: (value: string) => fireEvent.change(field, { target: { value } }),
    press: (key: string) => fireEvent.keyDown(field, { key }),
    chips: () => screen.queryAllByRole('button').map((chip) => chip.textContent)
  }
}

describe('the name picker', () => {
  it('is used by keys: down, Enter, and Backspace removes the last name', async () => {
    const scrolled = vi.spyOn(Element.prototype, 'scrollIntoView')
    const { field, type, press, chips } = pick()
    type('j')
    const options = await screen.findAllByRole('option')
    press('ArrowDown')
    expect(field.getAttribute('aria-activedescendant')).toBe(options[1]!.id)
    expect(scrolled.mock.contexts.at(-1)).toBe(options[1])
    press('Enter')
    expect(chips()).toEqual(['jill'])
    expect(field.value).toBe('')
    expect(screen.getByRole('status').textContent).toBe('jill added')
    press('Backspace')
    expect(chips()).toEqual([])
    expect(screen.getByRole('status').textContent).toBe('jill removed')
  })
  it('suggests no name twice, and no current member', async () => {
    const { type, press } = pick()
    type('ja')
    await screen.findByRole('option', { name: /jane/ })
    press('Enter')
    type('j')
    await screen.findByRole('option', { name: /joe/ })
    expect(screen.queryByRole('option', { name: /jane|jack/ })).toBeNull()
  })
  it('accepts a full name, even one that is not suggested', () => {
    const { type, press, chips } = pick()
    type(' newcomer ')
    press('Enter')
    expect(chips()).toEqual(['newcomer'])
    fireEvent.click(screen.getByRole('button', { name: 'Remove newcomer' }))
    expect(chips()).toEqual([])
  })
  it('accepts the only name with this prefix, even if suggestions arrive after Enter', async () => {
    const { type, press, chips } = pick()
    type('jan')
    press('Enter')
    await waitFor(() => expect(chips()).toEqual(['jane']))
  })
  it('leaves Enter to the form when it is empty', () => {
    const { press } = pick()
    expect(press('Enter')).toBe(true)
  })
})
