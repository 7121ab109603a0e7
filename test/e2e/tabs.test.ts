import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page, Request } from 'playwright-core'
import { loginAs, type Api } from '../harness/api.ts'
import { message, openScene, signIn, type Scene } from './people.ts'

/** More than the six connections that a browser opens to one host over HTTP/1.1. */
const count = 8

let scene: Scene
let tabs: Page[]
let jane: Api
let conversation: string
/** The open requests for streams. */
const streams = new Set<Request>()
beforeAll(async () => {
  scene = await openScene()
  jane = await loginAs(scene.parley.url, 'jane')
  conversation = (await jane.conversationWith('john')).id
  const { context } = scene.john
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/messages') streams.add(request)
  })
  context.on('requestfailed', (request) => void streams.delete(request))
  context.on('requestfinished', (request) => void streams.delete(request))
  const first = await signIn(scene.john, scene.parley.url, 'john')
  await first.goto(`${scene.parley.url}/conversations/${conversation}`)
  tabs = [first]
  while (tabs.length < count) {
    const tab = await context.newPage()
    await tab.goto(first.url())
    tabs.push(tab)
  }
})
afterAll(() => scene[Symbol.asyncDispose]())

const open = () => Array.from(streams).filter((request) => !request.frame().page().isClosed())
const texts = (tab: Page) => tab.locator('[data-part=text]').allTextContents()
const allShow = (content: string) => Promise.all(tabs.map((tab) => message(tab, content).waitFor()))

it('S15: eight tabs of one browser show new messages over one stream, and each can make requests', async () => {
  await jane.send(conversation, 'hello, all of you')
  await allShow('hello, all of you')
  expect(open()).toHaveLength(1)
  // If each tab held a connection, none would be left for this.
  for (const [index, tab] of tabs.entries()) {
    const field = tab.getByRole('textbox', { name: 'Message jane' })
    await field.fill(`from tab ${index}`)
    await field.press('Enter')
    await message(tab, `from tab ${index}`).getByText('Sent').waitFor({ state: 'attached' })
  }
  await allShow(`from tab ${count - 1}`)
})

it('S15: when the tab with the stream closes while messages arrive, another takes over without loss', async () => {
  const over = new AbortController()
  let sent = 0
  const sending = (async () => {
    while (!over.signal.aborted) await jane.send(conversation, `storm ${sent++}`)
  })()
  for (let closed = 0; closed < 3; closed++) {
    await expect.poll(() => open().length).toBe(1)
    const leader = open()[0]!.frame().page()
    await leader.close()
    tabs = tabs.filter((tab) => tab !== leader)
    const before = sent
    await expect.poll(() => sent).toBeGreaterThan(before + 5)
  }
  over.abort()
  await sending
  await jane.send(conversation, 'the last one')
  await allShow('the last one')
  expect(tabs).toHaveLength(count - 3)
  expect(open()).toHaveLength(1)
  // The visible end of each is complete, and so is the rest when scrolling.
  const { body } = await jane.get<{ content: string }[]>(`/api/conversations/${conversation}/messages?peek=1`)
  const newest = body.map(({ content }) => content).toReversed()
  for (const tab of tabs) {
    const shown = await texts(tab)
    expect(shown.length).toBeGreaterThan(5)
    expect(shown.slice(-newest.length)).toEqual(newest.slice(-shown.length))
  }
})

it('S15: when the tab with the stream stops responding, another takes over, and nothing is duplicated', async () => {
  await expect.poll(() => open().length).toBe(1)
  const leader = open()[0]!.frame().page()
  const others = tabs.filter((tab) => tab !== leader)
  const debuggerOf = await leader.context().newCDPSession(leader)
  await debuggerOf.send('Debugger.enable')
  const paused = new Promise((resolve) => debuggerOf.once('Debugger.paused', resolve))
  await debuggerOf.send('Debugger.pause')
  // A timer, if nothing else, runs into the pause.
  await paused
  await jane.send(conversation, 'to whom it may concern')
  await Promise.all(others.map((tab) => message(tab, 'to whom it may concern').waitFor()))
  const field = others[0]!.getByRole('textbox', { name: 'Message jane' })
  await field.fill('sent meanwhile')
  await field.press('Enter')
  await message(others[0]!, 'sent meanwhile')
    .getByText('Sent', { exact: true })
    .waitFor({ state: 'attached' })
  await debuggerOf.send('Debugger.disable')
  await jane.send(conversation, 'awake again')
  await allShow('awake again')
  for (const tab of tabs) {
    expect(await message(tab, 'sent meanwhile').count()).toBe(1)
    expect(await message(tab, 'to whom it may concern').count()).toBe(1)
    expect(await tab.getByText(/Reconnecting/).count()).toBe(0)
  }
  await expect.poll(() => open().length).toBe(1)
})
