import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import type { EngineTab } from '../harness/engine-tab.ts'
import { openFirefox } from '../harness/firefox.ts'
import { startParley, type Parley } from '../harness/parley.ts'
import { openWebKit } from '../harness/webkit.ts'

/** Returns an expression: whether the page shows a message with this text. */
const saying = (text: string) =>
  `Array.from(document.querySelectorAll('[data-part=text]')).some((each) => each.textContent === ${JSON.stringify(text)})`

/** Returns the texts of a conversation from the server. */
async function savedTexts(jane: Api, id: string): Promise<string[]> {
  const { body } = await jane.get<Message[]>(`/api/conversations/${id}/messages`)
  return body.map(({ content }) => content)
}

// The whole journey in the two engines other than Chromium; everything else is tested in Chromium.
describe.each([
  ['Firefox', openFirefox],
  ['WebKit', openWebKit]
] as const)('in %s', (_name, openTab) => {
  let parley: Parley
  let tab: EngineTab
  let jane: Api
  let id: string
  const stack = new AsyncDisposableStack()
  beforeAll(async () => {
    parley = stack.use(await startParley())
    tab = stack.use(await openTab())
    jane = await loginAs(parley.url, 'jane')
    await tab.open(parley.url)
    await watchErrors()
  })
  afterAll(() => stack.disposeAsync())

  // A list that measures its height may take another frame, which browsers report as an error.
  const watchErrors = () =>
    tab.run(`(window.failed = [],
      addEventListener('error', ({ message }) => /^ResizeObserver loop/.test(message) || window.failed.push(message)),
      addEventListener('unhandledrejection', ({ reason }) => window.failed.push(String(reason))), 0)`)
  const until = (expression: string) => expect.poll(() => tab.run(`Boolean(${expression})`)).toBe(true)
  const path = () => tab.run<string>('location.pathname')

  it('a user signs in', async () => {
    await until(`document.querySelector('input[name=username]')`)
    await tab.click('input[name=username]')
    await tab.type('john')
    await tab.press('Enter')
    await until(`document.querySelector('search input')`)
  })
  it("a user starts a conversation by Enter on a name's prefix", async () => {
    await tab.click('search input')
    await tab.type('ja')
    await until(`document.querySelector('[role=option]')`)
    await tab.press('Enter')
    await until(`document.querySelector('[data-part=header] h1')?.textContent === 'jane'`)
    id = (await path()).split('/').at(-1)!
  })
  it('a user sends and receives', async () => {
    await tab.click('[data-part=composer] textarea')
    await tab.type('hello jane')
    await tab.press('Enter')
    await until(
      `${saying('hello jane')} && document.querySelector('[data-part=meta]')?.textContent.includes('Sent')`
    )
    await jane.send(id, 'hello john, مرحبا 👋')
    await until(saying('hello john, مرحبا 👋'))
  })
  it('a user edits the last message with the up arrow', async () => {
    await tab.press('ArrowUp')
    await until(`document.querySelector('[data-part=mode]')`)
    await tab.type(' and all')
    await tab.press('Enter')
    await until(saying('hello jane and all'))
    // The page shows it before it is stored.
    await expect.poll(() => savedTexts(jane, id)).toContain('hello jane and all')
  })
  it('a user reacts by keys alone; Back closes a menu', async () => {
    await tab.run(`document.querySelector('[data-part=messages]').focus()`)
    await tab.press('ArrowUp')
    await until(`document.activeElement.matches('[data-part=message]')`)
    await tab.press('Enter')
    await until(`document.querySelector('dialog[open] [role=menu]')?.contains(document.activeElement)`)
    await tab.run('history.back()')
    await until(`!document.querySelector('dialog[open]')`)
    expect(await path()).toBe(`/conversations/${id}`)
    await until(`document.activeElement.matches('[data-part=message]')`)
    await tab.press('Enter')
    await until(`document.querySelector('dialog[open] [role=menu]')?.contains(document.activeElement)`)
    await tab.press('Enter')
    await until(`document.querySelector('[data-part=reaction][aria-pressed=true]')`)
  })
  it('a reload shows everything, without errors', async () => {
    expect(await tab.run('window.failed')).toEqual([])
    await tab.reload()
    await until(`${saying('hello jane and all')} && ${saying('hello john, مرحبا 👋')}`)
    await until(`document.querySelector('[data-part=reaction][aria-pressed=true]')`)
    await watchErrors()
    await jane.send(id, 'and good bye')
    await until(saying('and good bye'))
    expect(await tab.run('window.failed')).toEqual([])
  })
})
