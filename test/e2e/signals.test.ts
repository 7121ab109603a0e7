import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { violations } from './axe.ts'
import { act, listed, meet, message, openScene, send, type Scene } from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene()
  ;({ johns, janes } = await meet(scene))
  for (const page of [johns, janes]) page.on('pageerror', (error) => errors.push(error.message))
  await send(johns, 'Hello jane')
  await listed(janes, 'john').click()
  await message(janes, 'Hello jane').waitFor()
})
afterAll(() => scene[Symbol.asyncDispose]())

const field = (page: Page) => page.getByRole('textbox', { name: /^Message / })
const typing = (page: Page) => page.locator('[data-part=typing]', { hasText: 'jane is typing…' })
const online = (page: Page) => page.locator('[data-part=header]').getByText('online', { exact: true })

it('an online user is marked in the conversation header and in the list', async () => {
  await online(johns).waitFor()
  await listed(johns, 'jane online').waitFor()
  await online(janes).waitFor()
  expect(await violations(johns)).toEqual([])
})

it('G7: typing shows in every tab, moves nothing, and expires', async () => {
  const second = await scene.john.context.newPage()
  await second.goto(johns.url())
  await message(second, 'Hello jane').waitFor()
  await message(johns, 'Hello jane').getByText('Seen').waitFor()
  const place = () => message(johns, 'Hello jane').boundingBox()
  const before = await place()
  await field(janes).fill('Dear ')
  const writing = setInterval(() => void field(janes).press('o'), 1_000)
  for (const page of [johns, second]) await typing(page).waitFor()
  expect(await johns.getByRole('status').getByText('jane is typing…').count()).toBe(1)
  await listed(johns, 'jane').getByText('typing…').waitFor()
  expect(await place()).toEqual(before)
  expect(await violations(johns)).toEqual([])
  clearInterval(writing)
  for (const page of [johns, second]) await typing(page).waitFor({ state: 'detached' })
  await listed(johns, 'jane').getByText('Hello jane').waitFor()
  await second.close()
})

it('G7: typing ends with the message', async () => {
  await field(janes).fill('Dear john')
  await typing(johns).waitFor()
  await field(janes).press('Enter')
  await message(johns, 'Dear john').waitFor()
  expect(await typing(johns).count()).toBe(0)
})

it('neither an edit nor clearing the field sends a typing signal', async () => {
  const requests: string[] = []
  janes.on('request', (request) => {
    if (new URL(request.url()).pathname.endsWith('/typing')) requests.push(request.url())
  })
  await act(janes, message(janes, 'Dear john'), 'Edit')
  await field(janes).fill('Dear all')
  await field(janes).press('Enter')
  await message(johns, 'Dear all').waitFor()
  await field(janes).evaluate((element) => element.focus())
  await field(janes).fill(' ')
  await field(janes).fill('')
  await act(janes, message(janes, 'Hello jane'), 'Reply')
  expect(requests).toEqual([])
  // Repeated, because the server throttles signals.
  const write = async () => {
    await field(janes).press('x')
    return typing(johns).count()
  }
  await expect.poll(write).toBe(1)
})

it('G7: signals are hidden when the connection is lost, and return with it', async () => {
  await scene.john.context.setOffline(true)
  await johns.getByText('You’re offline.').waitFor()
  for (const passing of [online(johns), typing(johns), listed(johns, 'jane online')])
    await passing.waitFor({ state: 'detached' })
  await scene.john.context.setOffline(false)
  await online(johns).waitFor()
})

it('the pages report no errors', () => {
  expect(errors).toEqual([])
})
