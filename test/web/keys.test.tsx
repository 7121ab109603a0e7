import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Composer } from '../../web/src/features/conversation/composer.tsx'
import { PeopleSearch } from '../../web/src/features/home/people-search.tsx'
import { guardCompositions } from '../../web/src/lib/keys.ts'
import { MessengerProvider } from '../../web/src/state/hooks/context.tsx'
import type { Messenger } from '../../web/src/state/hooks/messenger.ts'
import { Menu, MenuItem } from '../../web/src/ui/menu.tsx'
import { NamePicker } from '../../web/src/ui/name-picker.tsx'
import { openDialogs } from './dialogs.ts'
import { localWriting } from './local-writing.ts'
import { jane, jill, john } from './model-server.ts'

const source = join(import.meta.dirname, '../../web/src')

/** Returns every app file that may listen for keys, with its text. */
async function files(): Promise<[string, string][]> {
  const names = (await readdir(source, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(join(source, name), 'utf8')])
  )
}

describe('every key handler', () => {
  it("ignores an input method's keys through one shared function", async () => {
    const found: string[] = []
    const without: string[] = []
    for (const [name, text] of await files()) {
      for (const { index, 0: match } of text.matchAll(
        /\bonKey(?:Down|Up|Press)(?:Capture)?[=:(]|['"]key(?:down|up|press)['"]/g
      )) {
        if (name === 'lib/keys.ts') continue
        found.push(name)
        const handler = text.slice(index + match.length, index + match.length + 80)
        const reacts = /^\s*\{?\(event\) =>\s*typed\(/.test(handler)
        const listens = match.startsWith("'") && /isComposing\(event\)/.test(text)
        if (!reacts && !listens) without.push(`${name}: ${match}${handler}`)
      }
    }
    expect(without).toEqual([])
    // A check that it reads the intended files.
    expect(found).toEqual(expect.arrayContaining(['features/conversation/composer.tsx', 'ui/menu.tsx']))
  })
})

/** An input method's Enter, Escape or arrow, as browsers report it; the last is Safari's. */
const forms = [
  { isComposing: true, keyCode: 13 },
  { isComposing: true, keyCode: 229 },
  { isComposing: false, keyCode: 229 }
]
const keys = ['Enter', 'Escape', 'ArrowDown', 'ArrowUp', 'Tab', 'Backspace', ',']

beforeAll(openDialogs)
beforeEach(() => vi.stubGlobal('matchMedia', () => ({ matches: false })))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function pressAll(element: HTMLElement): void {
  for (const key of keys) for (const form of forms) fireEvent.keyDown(element, { key, ...form })
}

describe("an input method's keys do nothing", () => {
  it('in the composer, with a partial name', () => {
    const done: string[] = []
    const { writing } = localWriting({ send: async (content) => void done.push(content) })
    render(
      <Composer
        name="jane"
        me={john}
        writing={writing}
        onTyping={() => {}}
        onSent={() => void done.push('sent')}
        onEditLast={() => void done.push('edit')}
        isDeleted={() => false}
        people={[jane, jill]}
        onMention={() => {}}
      />
    )
    const field = screen.getByRole<HTMLTextAreaElement>('textbox')
    fireEvent.change(field, { target: { value: 'hi @j' } })
    const before = document.body.innerHTML
    pressAll(field)
    expect(document.body.innerHTML).toBe(before)
    expect(field.value).toBe('hi @j')
    expect(done).toEqual([])
  })
  it('in the people search', async () => {
    const started: string[] = []
    const messenger = {
      suggestUsernames: async () => ['jane', 'jill'],
      startConversation: async (name: string) => void started.push(name)
    }
    render(
      <MessengerProvider messenger={messenger as unknown as Messenger}>
        <PeopleSearch />
      </MessengerProvider>
    )
    const field = screen.getByRole<HTMLInputElement>('combobox')
    field.focus()
    fireEvent.change(field, { target: { value: 'j' } })
    await screen.findAllByRole('option')
    pressAll(field)
    expect(field.getAttribute('aria-activedescendant')).toBeNull()
    expect(field.value).toBe('j')
    expect(screen.getAllByRole('option')).toHaveLength(2)
    expect(started).toEqual([])
  })
  it('in the name picker', async () => {
    const onNames = vi.fn<(names: string[]) => void>()
    render(
      <NamePicker
        label="People"
        placeholder=""
        names={['joe']}
        onNames={onNames}
        suggest={async () => ['jane', 'jill']}
      />
    )
    const field = screen.getByRole<HTMLInputElement>('combobox')
    pressAll(field)
    fireEvent.change(field, { target: { value: 'j' } })
    await screen.findAllByRole('option')
    pressAll(field)
    expect(field.value).toBe('j')
    expect(onNames).not.toHaveBeenCalled()
  })
  it('in a menu', () => {
    const onClose = vi.fn<() => void>()
    render(
      <Menu label="Menu" anchor={{ x: 0, y: 0 }} onClose={onClose}>
        <MenuItem onChoose={() => {}}>First</MenuItem>
        <MenuItem onChoose={() => {}}>Second</MenuItem>
      </Menu>
    )
    pressAll(screen.getByRole('menu'))
    expect(document.activeElement?.textContent).toBe('First')
    expect(onClose).not.toHaveBeenCalled()
  })
  it('in a plain form field, which they would submit', () => {
    guardCompositions()
    render(<input />)
    const field = screen.getByRole('textbox')
    expect(fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })).toBe(false)
    expect(fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 })).toBe(true)
  })
})
