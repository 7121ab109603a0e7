import { afterAll, beforeAll, expect, it } from 'vitest'
import { loginAs } from '../harness/api.ts'
import { openStream } from '../harness/stream.ts'
import { message, openScene, send, signIn, type Scene } from './people.ts'

const hourMs = 60 * 60_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

it.each([3, -3])('a device whose clock is %i hours wrong shows the correct times', async (hours) => {
  const jane = await loginAs(scene.parley.url, 'jane')
  const { id } = await jane.conversationWith('john')
  // Users see each other's presence after their first message.
  await jane.send(id, 'hello')
  const stream = await openStream(scene.parley.url, jane.token)
  const page = await signIn(scene.john, scene.parley.url, 'john')
  await page.clock.setSystemTime(Date.now() + hours * hourMs)
  await page.goto(`${scene.parley.url}/conversations/${id}`)
  await page.getByText('online', { exact: true }).last().waitFor()
  stream.cut()
  await page.getByText('last seen just now').waitFor()
  // A pending message shows the time at which it will have been sent.
  await scene.john.context.setOffline(true)
  await send(page, `written ${hours}`)
  const at = await message(page, `written ${hours}`).locator('time').getAttribute('datetime')
  expect(Math.abs(Date.parse(at!) - Date.now())).toBeLessThan(hourMs)
  await scene.john.context.setOffline(false)
  await message(page, `written ${hours}`).getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Username', { exact: true }).waitFor()
  await page.close()
})
