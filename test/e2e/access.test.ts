import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessField, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

it('a user signs in, stays signed in after a reload, and signs out', async () => {
  const page = await signIn(scene.john, scene.parley.url, 'john')
  await page.reload()
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await accessField(page).waitFor()
  await page.reload()
  await accessField(page).waitFor()
  await page.close()
})

it('no script can read the session', async () => {
  const page = await signIn(scene.john, scene.parley.url, 'john')
  const readable = await page.evaluate('document.cookie + JSON.stringify(localStorage)')
  const [cookie] = await scene.john.context.cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(readable).not.toContain(cookie!.value)
  await scene.john.context.clearCookies()
  await page.close()
})

it('an unknown username gets advice', async () => {
  const page = await scene.john.context.newPage()
  await page.goto(scene.parley.url)
  await accessField(page).fill('unknown')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText(/No one has the username .*Check the spelling\./).waitFor()
  await page.close()
})

it('a failed sign-in on another site is shown as a sentence, once', async () => {
  const page = await scene.john.context.newPage()
  await page.goto(`${scene.parley.url}/?problem=oauth_state_invalid`)
  await page.getByText(/The sign-in took too long/).waitFor()
  expect(new URL(page.url()).search).toBe('')
  await page.close()
})

it('an unknown path says so, and links home', async () => {
  const page = await scene.john.context.newPage()
  await page.goto(`${scene.parley.url}/nothing/here`)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  await page.getByRole('link', { name: 'Go to your conversations' }).click()
  await accessField(page).waitFor()
  await page.close()
})

it('the callback page removes the token from the URL, and goes home', async () => {
  const page = await scene.john.context.newPage()
  await page.goto(`${scene.parley.url}/callback?token=secret&expires_at=2026-01-31T12:00:00.000Z`)
  await accessField(page).waitFor()
  expect(page.url()).toBe(`${scene.parley.url}/`)
  await page.close()
})

it('a conversation of others is not found', async () => {
  const page = await signIn(scene.john, scene.parley.url, 'john')
  await page.goto(`${scene.parley.url}/conversations/999`)
  await page.getByRole('heading', { name: 'Conversation not found' }).waitFor()
  await page.close()
})
