import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loginAs, type Api } from '../harness/api.ts'
import { message, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
let page: Page
let jane: Api
let conversation: string
const printed: string[] = []

beforeAll(async () => {
  // Playwright cannot intercept a service worker's requests.
  scene = await openScene({ serviceWorkers: 'block' })
  jane = await loginAs(scene.parley.url, 'jane')
  conversation = (await jane.conversationWith('john')).id
  page = await signIn(scene.john, scene.parley.url, 'john')
  page.on('console', (line) => void printed.push(line.text()))
  await page.goto(`${scene.parley.url}/conversations/${conversation}`)
})
afterAll(() => scene[Symbol.asyncDispose]())

it('C9: an event that the app cannot apply is reported and shown, and requested once', async () => {
  await jane.send(conversation, 'before')
  await message(page, 'before').waitFor()
  // The page is left and stores its state.
  await page.goto(`${scene.parley.url}/livez`)
  await jane.send(conversation, 'cannot be applied')
  const john = await loginAs(scene.parley.url, 'john')
  const head = Number((await john.get('/api/conversations')).headers.get('event-cursor')!.split('-').at(-1))
  const asked: string[] = []
  let broken = false
  await page.route('**/api/messages', async (route) => {
    const cursor = (await route.request().allHeaders())['last-event-id'] ?? ''
    asked.push(cursor)
    if (broken) return route.continue()
    broken = true
    const [epoch, seq] = cursor.split(/-(?=\d+$)/)
    // Events that no server sends: without a message. The page may have left before the event of its read mark.
    const missing = Array.from({ length: head - Number(seq) }, (_, index) => Number(seq) + 1 + index)
    const body = missing.map((each) => `id: ${epoch}-${each}\nevent: message\ndata: {}\n\n`).join('')
    return route.fulfill({ contentType: 'text/event-stream', body })
  })
  await page.goto(`${scene.parley.url}/conversations/${conversation}`)
  const notice = page.getByText(/Something went wrong. Reload the page/)
  await notice.waitFor()
  await expect.poll(() => asked.length).toBeGreaterThan(1)
  expect(asked.filter((cursor) => cursor === asked[0])).toHaveLength(1)
  expect(printed.some((line) => line.includes('TypeError'))).toBe(true)
  // Later events are shown.
  await jane.send(conversation, 'after')
  await message(page, 'after').waitFor()
  expect(await message(page, 'cannot be applied').count()).toBe(0)
  await page.unroute('**/api/messages')
  // The reload starts over from the server's state.
  await page.getByRole('button', { name: 'Reload' }).click()
  await message(page, 'cannot be applied').waitFor()
  await message(page, 'after').waitFor()
  expect(await notice.count()).toBe(0)
})

it('a snapshot that the app cannot apply is shown, and not requested indefinitely', async () => {
  let snapshots = 0
  await page.route('**/api/conversations', async (route) => {
    snapshots++
    const response = await route.fetch()
    // A list that no server sends.
    await route.fulfill({ response, json: [null] })
  })
  await page.evaluate(`new Promise((resolve, reject) => {
    const deletion = indexedDB.deleteDatabase('parley:' + localStorage.getItem('parley:user') + ':state')
    deletion.onsuccess = resolve
    deletion.onerror = reject
  })`)
  await page.reload()
  await page.getByText(/Something went wrong. Reload the page/).waitFor()
  const before = snapshots
  const other = await scene.john.context.newPage()
  await other.goto(scene.parley.url)
  await jane.send(conversation, 'one more')
  await other.getByText('one more').first().waitFor()
  expect(snapshots).toBe(before)
  await page.unroute('**/api/conversations')
  await page.getByRole('button', { name: 'Reload' }).first().click()
  await message(page, 'one more').waitFor()
  await other.close()
})
