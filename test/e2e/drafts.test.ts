import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import type { PersonalValue } from '@parley/contract/personal-state'
import { openBrowser, type Browser } from '../harness/chromium.ts'
import { loginAs, type Api } from '../harness/api.ts'
import { violations } from './axe.ts'
import { accessField, act, listed, message, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
/** John's two devices, and a second tab on the first. */
let laptop: Page
let phone: Page
let phones: Browser
let tab: Page
let john: Api
let path: string
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene()
  phones = await openBrowser({
    viewport: { width: 390, height: 844 },
    locale: 'en-GB',
    hasTouch: true,
    isMobile: true
  })
  john = await loginAs(scene.parley.url, 'john')
  const jane = await loginAs(scene.parley.url, 'jane')
  const { id } = await jane.conversationWith('john')
  path = `${scene.parley.url}/conversations/${id}`
  await jane.send(id, 'Hello john')
  laptop = await signIn(scene.john, scene.parley.url, 'john')
  phone = await signIn(phones, scene.parley.url, 'john')
  tab = await scene.john.context.newPage()
  for (const page of [laptop, phone, tab]) {
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(path)
    await message(page, 'Hello john').waitFor()
  }
})
afterAll(async () => {
  await phones[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
})
afterEach(async () => {
  for (const context of [scene.john.context, phones.context]) await context.setOffline(false)
  for (const page of [laptop, tab, phone]) {
    const discard = page.getByRole('button', { name: 'Discard the other draft' })
    while (await discard.isVisible()) await discard.click()
    await field(page).blur()
  }
  await field(laptop).fill('')
  await field(laptop).blur()
  await expect.poll(stored).toEqual([])
  for (const page of [laptop, tab, phone]) await shows(page, '')
})

const field = (page: Page) => page.getByRole('textbox', { name: 'Message jane' })
/** On a touch screen, Enter starts a new line. */
const sendButton = (page: Page) => page.getByRole('button', { name: 'Send', exact: true })
const shows = (page: Page, text: string) => expect.poll(() => field(page).inputValue()).toBe(text)
const otherDraft = (page: Page) => page.locator('[data-part=other-draft]')
const stored = async () =>
  (await john.get<PersonalValue[]>('/api/personal_state?kind=draft')).body.map(({ value }) => value)
const waitOffline = (page: Page) => page.getByText('You’re offline.').waitFor()

describe('a draft', () => {
  it('P4: shows in another tab at once, and on another device after a pause', async () => {
    await field(laptop).pressSequentially('hello jane')
    await shows(tab, 'hello jane')
    await shows(phone, 'hello jane')
    expect(await stored()).toEqual([{ text: 'hello jane' }])
    await field(phone).tap()
    await field(phone).press('End')
    await field(phone).pressSequentially(', how are you?')
    await field(laptop).blur()
    for (const page of [laptop, tab]) await shows(page, 'hello jane, how are you?')
  })

  it('P4: is saved without a pause when its field loses the focus and when its page is closed', async () => {
    await field(laptop).fill('left')
    await field(laptop).blur()
    await expect.poll(stored).toEqual([{ text: 'left' }])
    const third = await phones.context.newPage()
    await third.goto(path)
    await shows(third, 'left')
    await field(third).fill('closed')
    await third.close()
    await expect.poll(stored).toEqual([{ text: 'closed' }])
    await shows(laptop, 'closed')
  })

  it('P4: in the field is not overwritten; the other draft is offered beside it', async () => {
    await field(laptop).pressSequentially('mine')
    await shows(phone, 'mine')
    await field(phone).fill('of the phone')
    await otherDraft(laptop).getByText('of the phone').waitFor()
    await otherDraft(laptop).getByText('You also have a draft from another device').waitFor()
    expect(await field(laptop).inputValue()).toBe('mine')
    expect(await violations(laptop)).toEqual([])
    await otherDraft(laptop).getByRole('button', { name: 'Use it' }).click()
    await shows(laptop, 'of the phone')
    await otherDraft(laptop).waitFor({ state: 'detached' })
  })

  it('P4: a button acts on what the field shows, although another draft waits', async () => {
    await field(laptop).pressSequentially('mine')
    await shows(phone, 'mine')
    await field(phone).fill('of the phone')
    await otherDraft(laptop).getByText('of the phone').waitFor()
    await otherDraft(laptop).getByRole('button', { name: 'Discard the other draft' }).click()
    await otherDraft(laptop).waitFor({ state: 'detached' })
    await field(phone).blur()
    for (const page of [laptop, phone]) await shows(page, 'mine')

    await field(phone).fill('of the phone again')
    await otherDraft(laptop).getByText('of the phone again').waitFor()
    await field(laptop).press('Shift+Tab')
    await laptop.keyboard.press('Enter')
    await otherDraft(laptop).waitFor({ state: 'detached' })
    await shows(laptop, 'mine')

    await field(phone).fill('of the phone at last')
    await otherDraft(laptop).getByText('of the phone at last').waitFor()
    await sendButton(laptop).click()
    await message(laptop, 'mine').waitFor()
  })

  it('P4: a conflict while I write offers the text of the other device, not my own', async () => {
    await phones.context.setOffline(true)
    await waitOffline(phone)
    await field(phone).fill('from the phone')
    await field(laptop).fill('from the laptop')
    await expect.poll(stored).toEqual([{ text: 'from the laptop' }])
    await phones.context.setOffline(false)
    await otherDraft(phone).getByText('from the laptop').waitFor()
    await otherDraft(phone).getByRole('button', { name: 'Use it' }).tap()
    await shows(phone, 'from the laptop')
    await otherDraft(phone).getByText('from the phone').waitFor()
  })

  it('P4: written on two devices offline keeps both texts, and both devices say so', async () => {
    for (const context of [scene.john.context, phones.context]) await context.setOffline(true)
    for (const page of [laptop, phone]) await waitOffline(page)
    await field(laptop).fill('from the laptop')
    await field(phone).fill('from the phone')
    await shows(tab, 'from the laptop')
    await laptop.reload()
    await shows(laptop, 'from the laptop')
    for (const page of [laptop, phone, tab]) await field(page).blur()
    await scene.john.context.setOffline(false)
    await expect.poll(stored).toEqual([{ text: 'from the laptop' }])
    await phones.context.setOffline(false)
    await expect.poll(stored).toEqual([{ text: 'from the phone', others: [{ text: 'from the laptop' }] }])
    for (const page of [laptop, phone, tab]) {
      await shows(page, 'from the phone')
      await otherDraft(page).getByText('from the laptop').waitFor()
    }
    expect(await violations(phone)).toEqual([])
    await otherDraft(phone).getByRole('button', { name: 'Use it' }).click()
    await shows(phone, 'from the laptop')
    await otherDraft(phone).getByText('from the phone').waitFor()
    await otherDraft(phone).getByRole('button', { name: 'Discard the other draft' }).click()
    await shows(laptop, 'from the laptop')
    await otherDraft(laptop).waitFor({ state: 'detached' })
  })

  it('P4: that was sent is removed everywhere, unless it was changed since', async () => {
    await field(phone).fill('sent from the phone')
    await shows(laptop, 'sent from the phone')
    await sendButton(phone).click()
    for (const page of [laptop, tab, phone]) await shows(page, '')
    await expect.poll(stored).toEqual([])

    await field(phone).fill('again')
    await shows(laptop, 'again')
    await scene.john.context.setOffline(true)
    await waitOffline(laptop)
    await field(laptop).fill('again, and changed')
    await sendButton(phone).click()
    await message(phone, 'again').getByText('Sent').waitFor({ state: 'attached' })
    await scene.john.context.setOffline(false)
    await message(laptop, 'again').waitFor()
    await shows(laptop, 'again, and changed')
    await field(phone).blur()
    await shows(phone, 'again, and changed')
    expect(await otherDraft(laptop).count()).toBe(0)
  })

  it('P4: arrives with its reply, and the focus stays', async () => {
    await field(laptop).blur()
    await act(phone, message(phone, 'Hello john'), 'Reply')
    await field(phone).fill('an answer')
    await laptop.getByText('Reply to jane').waitFor()
    await shows(laptop, 'an answer')
    expect(await field(laptop).evaluate((element) => element === element.ownerDocument.activeElement)).toBe(
      false
    )
    await phone.getByRole('button', { name: 'Cancel reply' }).click()
    await laptop.getByText('Reply to jane').waitFor({ state: 'detached' })
  })

  it('shows in the conversation list, except for the open conversation', async () => {
    await field(laptop).fill('for the list')
    await phone.goto(scene.parley.url)
    await listed(phone, 'jane').getByText('Draft: for the list').waitFor()
    expect(await listed(laptop, 'jane').getByText('Draft:').count()).toBe(0)
    await phone.goto(path)
    await message(phone, 'Hello john').waitFor()
  })
})

it("P4: a sign-out deletes this browser's drafts and keeps those of the account", async () => {
  const visitors = await openBrowser({ locale: 'en-GB' })
  const page = await signIn(visitors, scene.parley.url, 'john')
  await page.goto(path)
  await field(page).fill('before the sign-out')
  await field(page).blur()
  await expect.poll(stored).toEqual([{ text: 'before the sign-out' }])
  const keys = () => page.evaluate('Object.keys(localStorage).filter((key) => key.includes(":draft:"))')
  expect(await keys()).toHaveLength(1)
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await accessField(page).waitFor()
  await expect.poll(keys).toEqual([])
  expect(await stored()).toEqual([{ text: 'before the sign-out' }])
  await visitors[Symbol.asyncDispose]()
})

it('the pages report no errors', () => expect(errors).toEqual([]))
