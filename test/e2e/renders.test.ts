import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import type { Conversation } from '@parley/contract/conversations'
import { call, loginAs, type Api } from '../harness/api.ts'
import { message, openScene, signIn, type Scene } from './people.ts'

/**
 * Takes the place of React's developer tools, and counts the components that each commit renders, by part of
 * the page. `renders.stop()` returns the counts since `renders.start()`.
 */
const counter = `
  const parts = { message: '[data-part=message]', row: '[data-conversation]', composer: '[data-part=composer]', header: '[data-part=header]' }
  let counts = {}
  const hostOf = (fiber) => {
    for (let down = fiber; down; down = down.child) if (down.stateNode instanceof Element) return down.stateNode
    return null
  }
  const partOf = (fiber) => {
    const host = hostOf(fiber)
    return Object.keys(parts).find((part) => host?.closest(parts[part]))
  }
  const performedWork = 1
  const components = [0, 1, 11, 14, 15]
  const visit = (fiber, before) => {
    if (fiber === before) return
    if (components.includes(fiber.tag) && (before === null || fiber.flags & performedWork)) {
      const part = partOf(fiber)
      if (part) counts[part] = (counts[part] ?? 0) + 1
    }
    // The children of a component that rendered nothing are those of before.
    if (before && fiber.child === before.child) return
    for (let child = fiber.child; child; child = child.sibling) visit(child, child.alternate)
  }
  window.renders = {
    start: () => void (counts = {}),
    stop: () => counts
  }
  window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    renderers: new Map(),
    inject: () => 1,
    onCommitFiberUnmount() {},
    onCommitFiberRoot(_id, root) { visit(root.current, root.current.alternate) }
  }
`

let scene: Scene
let page: Page
let jane: Api
let john: Api
let id: string
/** A visible message, which is edited. */
let edited: string
beforeAll(async () => {
  scene = await openScene()
  const { url } = scene.parley
  ;[jane, john] = [await loginAs(url, 'jane'), await loginAs(url, 'john')]
  ;({ id } = await jane.conversationWith('john'))
  for (let n = 1; n <= 11; n++) edited = (await jane.send(id, `message ${n}`)).id
  await jane.send(id, 'message 12')
  await scene.john.context.addInitScript(counter)
  page = await signIn(scene.john, url, 'john')
  await page.getByRole('link', { name: 'jane' }).click()
  await message(page, 'message 12').waitFor()
})
afterAll(() => scene[Symbol.asyncDispose]())

type Counts = { message?: number; row?: number; composer?: number; header?: number }
const start = () => page.evaluate('renders.start()')
const stop = () => page.evaluate<Counts>('renders.stop()')
let edits = 0
/** Resolves when everything so far has been rendered, including read receipts. */
async function atRest(): Promise<void> {
  const unread = async () => (await john.get<Conversation>(`/api/conversations/${id}`)).body.unreadCount
  await expect.poll(unread).toBe(0)
  // Its event comes later in the log and causes no further read.
  const content = `edit ${++edits}`
  await call(`${scene.parley.url}/api/conversations/${id}/messages/${edited}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${jane.token}` },
    body: { content }
  })
  await message(page, content).waitFor()
  const rendered = async () => {
    await start()
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    return stop()
  }
  await expect.poll(rendered).toEqual({})
}
const field = () => page.getByRole('textbox', { name: /^Message/ })

it('a key in the composer renders the composer, and no message, list row or header', async () => {
  await field().focus()
  await atRest()
  await start()
  await page.keyboard.type('hello @j there')
  const counts = await stop()
  expect(counts.composer).toBeGreaterThanOrEqual(14)
  expect(counts).toEqual({ composer: counts.composer })
  await field().fill('')
})

it('a new message renders itself, its neighbour, and one list row', async () => {
  // A check of the counter: opening the page rendered all twelve messages and the row.
  await page.reload()
  await message(page, 'message 12').waitFor()
  expect((await stop()).message).toBeGreaterThanOrEqual(12)
  await atRest()
  await start()
  await jane.send(id, 'message 13')
  await message(page, 'message 13').waitFor()
  const rendered = await page.locator('[data-part=message]').count()
  const { message: messages = 0 } = await stop()
  expect(rendered).toBeGreaterThanOrEqual(12)
  // Components of two messages, each with fewer than fifteen, rendered at most three times while the list
  // finds its position.
  expect(messages).toBeLessThan(2 * 15 * 3)
})

it('typing by another user renders one list row, and no message', async () => {
  await atRest()
  await start()
  await jane.post(`/api/conversations/${id}/typing`)
  await page.getByText('jane is typing…').first().waitFor()
  const counts = await stop()
  expect(counts.message).toBeUndefined()
  expect(counts.composer).toBeUndefined()
})

it('a user who comes online causes the header and one list row to render, and no message', async () => {
  await atRest()
  await start()
  const janes = await signIn(scene.jane, scene.parley.url, 'jane')
  await page.locator('[data-part=header]').getByText('online').waitFor()
  const counts = await stop()
  expect(counts.header).toBeGreaterThan(0)
  expect(counts.message).toBeUndefined()
  expect(counts.composer).toBeUndefined()
  await janes.close()
})
