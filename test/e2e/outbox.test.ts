import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page, Request } from 'playwright-core'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { violations } from './axe.ts'
import {
  act,
  addPeople,
  listed,
  meet,
  message,
  openMenu,
  openScene,
  send,
  startWith,
  type Scene
} from './people.ts'

let scene: Scene
let johns: Page
let janes: Page
let jane: Api
let john: Api
let path: string
const errors: string[] = []
beforeAll(async () => {
  scene = await openScene({ env: { PARLEY_MESSAGE_MAX_LENGTH: '300' } })
  ;({ johns, janes } = await meet(scene))
  for (const page of [johns, janes]) page.on('pageerror', (error) => errors.push(error.message))
  ;[jane, john] = [await loginAs(scene.parley.url, 'jane'), await loginAs(scene.parley.url, 'john')]
  path = `/api/conversations/${(await jane.conversationWith('john')).id}/messages`
  await addPeople(scene.parley, ['jill'])
  await send(johns, 'Hello jane')
  await isSent('Hello jane')
  await listed(janes, 'john').click()
  await message(janes, 'Hello jane').waitFor()
  await johns.evaluate('navigator.serviceWorker.ready')
})
afterAll(() => scene[Symbol.asyncDispose]())
afterEach(async () => {
  await scene.john.context.setOffline(false)
  await johns.unrouteAll({ behavior: 'ignoreErrors' })
})

const field = (page: Page) => page.getByRole('textbox', { name: /^Message / })
const failures = (page: Page) => page.getByRole('list', { name: 'Unsaved changes' })
const isSent = (content: string, page = johns) =>
  message(page, content).getByText('Sent').waitFor({ state: 'attached' })
const stored = async () => (await john.get<Message[]>(`${path}?peek=1`)).body
const contents = async () => (await stored()).map(({ content }) => content).toReversed()
const offline = async () => {
  await scene.john.context.setOffline(true)
  await johns.getByText('You’re offline.').waitFor()
}

/** Records changing requests as `METHOD last part of the path`. */
function watch(page = johns) {
  const seen: string[] = []
  const note = (request: Request) => {
    if (
      /messages/.test(request.url()) &&
      !['GET', 'HEAD'].includes(request.method()) &&
      !/read_messages/.test(request.url())
    )
      seen.push(request.method())
  }
  page.context().on('request', note)
  return seen
}

describe('a draft', () => {
  it('E5: a reply survives another conversation and a reload, and is still a reply (case 16)', async () => {
    await act(johns, message(johns, 'Hello jane'), 'Reply')
    await field(johns).fill('to myself')
    await startWith(johns, 'jill')
    expect(await field(johns).inputValue()).toBe('')
    await listed(johns, 'jane').click()
    await johns.getByText('Reply to yourself').waitFor()
    await johns.reload()
    await johns.getByText('Reply to yourself').waitFor()
    expect(await field(johns).inputValue()).toBe('to myself')
    await field(johns).press('Enter')
    await message(johns, 'to myself').locator('[data-part=quote-text]', { hasText: 'Hello jane' }).waitFor()
    await message(janes, 'to myself').locator('[data-part=quote-text]', { hasText: 'Hello jane' }).waitFor()
    expect(await johns.getByText('Reply to yourself').count()).toBe(0)
  })

  it('case 16: a started edit is still there offline, and then the text it interrupted', async () => {
    await isSent('to myself')
    await field(johns).fill('half a thought')
    await act(johns, message(johns, 'to myself'), 'Edit')
    await field(johns).fill('to you')
    await offline()
    await johns.reload()
    await johns.getByText('Edit message').waitFor()
    expect(await field(johns).inputValue()).toBe('to you')
    await field(johns).press('Enter')
    expect(await field(johns).inputValue()).toBe('half a thought')
    await message(johns, 'to you').getByText('Saving').waitFor({ state: 'attached' })
    await scene.john.context.setOffline(false)
    await message(janes, 'to you')
      .getByText(/^edited /)
      .waitFor()
    await field(johns).fill('')
  })

  it('case 18: words typed while an edit is saved on a slow network become a separate message', async () => {
    const network = await scene.john.context.newCDPSession(johns)
    const slow = { offline: false, latency: 1_500, downloadThroughput: -1, uploadThroughput: -1 }
    await network.send('Network.emulateNetworkConditions', slow)
    await field(johns).press('ArrowUp')
    await field(johns).fill('to you, jane')
    await field(johns).press('Enter')
    await johns.keyboard.type('the next')
    await johns.keyboard.press('Enter')
    await johns.keyboard.type('and one more')
    await isSent('the next')
    expect(await field(johns).inputValue()).toBe('and one more')
    await johns.keyboard.press('Enter')
    await isSent('and one more')
    await network.send('Network.emulateNetworkConditions', { ...slow, latency: 0 })
    expect(await contents()).toEqual(['Hello jane', 'to you, jane', 'the next', 'and one more'])
  })

  it("respects the server's limit", async () => {
    await field(johns).fill('x'.repeat(301))
    await johns.getByText('1 character too many').waitFor()
    expect(await johns.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
    await field(johns).press('Enter')
    expect(await field(johns).inputValue()).toBe('x'.repeat(301))
    await field(johns).fill('')
  })
})

describe('case 15: a reply to a deleted message', () => {
  it('deleted before it is sent says so, and is sent without the quote', async () => {
    await jane.send(path.split('/')[3]!, 'the code is 4711')
    await act(johns, message(johns, 'the code is 4711'), 'Reply')
    await johns.keyboard.type('thanks')
    await act(janes, message(janes, 'the code is 4711'), 'Delete…')
    await janes.getByRole('button', { name: 'Delete', exact: true }).click()
    await johns.getByText(/sent without the quote/).waitFor()
    await field(johns).press('Enter')
    await isSent('thanks')
    expect(await message(johns, 'thanks').locator('[data-part=quote]').count()).toBe(0)
    await expect.poll(async () => field(johns).inputValue()).toBe('')
  })

  it('pending offline is sent without the quote', async () => {
    const { id } = await jane.send(path.split('/')[3]!, 'the code is 4712')
    await act(johns, message(johns, 'the code is 4712'), 'Reply')
    await offline()
    await send(johns, 'thanks again')
    await message(johns, 'thanks again').locator('[data-part=quote]').waitFor()
    await fetch(`${scene.parley.url}${path}/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${jane.token}` }
    })
    await scene.john.context.setOffline(false)
    await isSent('thanks again')
    expect(await message(johns, 'thanks again').locator('[data-part=quote]').count()).toBe(0)
    expect((await stored())[0]).not.toHaveProperty('replyTo')
  })
})

describe('offline', () => {
  it('edits, deletions and reactions show at once, survive a reload, and are sent once, in order', async () => {
    await send(johns, 'to be deleted')
    await send(johns, 'to be edited')
    await isSent('to be edited')
    const before = (await stored()).length
    await offline()
    const requests = watch()
    await act(johns, message(johns, 'to be edited'), 'Edit')
    await field(johns).fill('edited once')
    await field(johns).press('Enter')
    await message(johns, 'edited once').waitFor()
    await field(johns).press('ArrowUp')
    await field(johns).fill('edited twice')
    await field(johns).press('Enter')
    await act(johns, message(johns, 'to be deleted'), 'Delete…')
    await johns.getByRole('button', { name: 'Delete', exact: true }).click()
    await openMenu(johns, message(johns, 'Hello jane'))
    await johns.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click()
    await send(johns, 'and a message')
    const shown = async () => {
      await message(johns, 'and a message').getByText('Sending').waitFor({ state: 'attached' })
      await message(johns, 'edited twice').getByText('Saving').waitFor({ state: 'attached' })
      await message(johns, 'Hello jane').getByRole('button', { name: '👍 1: you', pressed: true }).waitFor()
      expect(await message(johns, 'to be deleted').count()).toBe(0)
    }
    await shown()
    await listed(johns, 'jane').getByText('and a message').waitFor()
    await listed(johns, 'jane').getByText('Sending').waitFor({ state: 'attached' })
    await johns.reload()
    await shown()
    requests.splice(0)
    await scene.john.context.setOffline(false)
    await isSent('and a message')
    await message(janes, 'edited twice').waitFor()
    await message(janes, 'Hello jane').getByRole('button', { name: '👍 1: john' }).waitFor()
    await message(janes, 'and a message').waitFor()
    const now = await stored()
    expect(now).toHaveLength(before + 1)
    // An edit attempted offline is followed by the next one; everything else is one request.
    expect(requests.filter((method) => method !== 'PATCH').toSorted()).toEqual(['DELETE', 'POST', 'PUT'])
    expect(now[1]!.content).toBe('edited twice')
    expect(now[2]).toMatchObject({ content: '', deletedAt: expect.any(String) })
    await listed(johns, 'jane').getByText('Sending').waitFor({ state: 'detached' })
  })

  it('a pending message can be edited and deleted', async () => {
    await offline()
    await send(johns, 'tpyo')
    await send(johns, 'a mistake')
    await message(johns, 'a mistake').waitFor()
    await field(johns).press('ArrowUp')
    await field(johns).fill('a great mistake')
    await field(johns).press('Enter')
    await act(johns, message(johns, 'tpyo'), 'Edit')
    await field(johns).fill('typo')
    await field(johns).press('Enter')
    await message(johns, 'typo').getByText('Sending').waitFor({ state: 'attached' })
    await act(johns, message(johns, 'a great mistake'), 'Delete…')
    await johns.getByText('It hasn’t been sent yet.').waitFor()
    await johns.getByRole('button', { name: 'Delete', exact: true }).click()
    await message(johns, 'a great mistake').waitFor({ state: 'detached' })
    await scene.john.context.setOffline(false)
    await message(janes, 'typo').waitFor()
    await isSent('typo')
    expect((await contents()).at(-1)).toBe('typo')
  })

  it('a reaction that is added and removed is never sent', async () => {
    // Another reaction is attempted, and waits before these.
    await offline()
    await openMenu(johns, message(johns, 'the next'))
    await johns.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click()
    await message(johns, 'the next').getByRole('button', { name: '👍 1: you' }).waitFor()
    const requests = watch()
    for (const pressed of [false, true]) {
      await openMenu(johns, message(johns, 'and one more'))
      await johns.getByRole('menuitemcheckbox', { name: 'React with 👍', checked: pressed }).click()
    }
    await message(johns, 'and one more').getByRole('button', { name: /👍/ }).waitFor({ state: 'detached' })
    requests.splice(0)
    await scene.john.context.setOffline(false)
    await message(janes, 'the next').getByRole('button', { name: '👍 1: john' }).waitFor()
    await send(johns, 'after it')
    await isSent('after it')
    expect(requests.filter((method) => method === 'DELETE')).toEqual([])
    expect(requests.filter((method) => method === 'PUT')).toHaveLength(1)
  })

  it('all tabs show what one tab does, and it is sent once', async () => {
    const tablet = await scene.john.context.newPage()
    await tablet.goto(johns.url())
    await message(tablet, 'after it').waitFor()
    const requests = watch()
    await offline()
    await act(tablet, message(tablet, 'after it'), 'Edit')
    await field(tablet).fill('from the second tab')
    await field(tablet).press('Enter')
    for (const page of [johns, tablet])
      await message(page, 'from the second tab').getByText('Saving').waitFor({ state: 'attached' })
    requests.splice(0)
    await scene.john.context.setOffline(false)
    for (const page of [johns, tablet, janes])
      await message(page, 'from the second tab')
        .getByText(/^edited /)
        .waitFor()
    for (const page of [johns, tablet]) await isSent('from the second tab', page)
    expect(requests).toEqual(['PATCH'])
    await tablet.close()
  })
})

describe('a refusal', () => {
  it('of a message shows in the list, and is retried or discarded in the conversation', async () => {
    await johns.route(/\/messages$/, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 403,
            contentType: 'application/problem+json',
            json: {
              code: 'from_the_future',
              status: 403,
              title: 'No',
              detail: 'You have to wait until Monday.'
            }
          })
        : route.continue()
    )
    await send(johns, 'refused')
    await message(johns, 'refused')
      .getByText(/The server rejected this\./)
      .waitFor()
    expect(await johns.getByText('until Monday').count()).toBe(0)
    await startWith(johns, 'jill')
    await listed(johns, 'jane').getByText('Not sent').waitFor()
    await listed(johns, 'jane').getByText('refused').waitFor()
    expect(await violations(johns)).toEqual([])
    await johns.reload()
    await listed(johns, 'jane').getByText('Not sent').click()
    await johns.unrouteAll()
    await message(johns, 'refused').getByRole('button', { name: 'Try again' }).click()
    await isSent('refused')
    await listed(johns, 'jane').getByText('Not sent').waitFor({ state: 'detached' })
  })

  it('E5: of an edit restores the text in the field, and rolls the message back', async () => {
    await johns.route(/\/messages\/\d+$/, (route) =>
      route.fulfill({
        status: 422,
        contentType: 'application/problem+json',
        json: {
          code: 'validation_failed',
          status: 422,
          title: 'No',
          detail: 'The message must not be longer.',
          fields: { content: { code: 'too_long', max: 10 } }
        }
      })
    )
    await field(johns).press('ArrowUp')
    await field(johns).fill('refused, and edited')
    await field(johns).press('Enter')
    await failures(johns)
      .getByText(/must be at most 10 characters/)
      .waitFor()
    await message(johns, 'refused').waitFor()
    // An unchanged retry cannot succeed.
    expect(await failures(johns).getByRole('button').allTextContents()).toEqual(['Edit', 'Discard'])
    await johns.unrouteAll()
    await failures(johns).getByRole('button', { name: 'Edit' }).click()
    expect(await field(johns).inputValue()).toBe('refused, and edited')
    await field(johns).press('Enter')
    await message(janes, 'refused, and edited').waitFor()
    await failures(johns).waitFor({ state: 'detached' })
  })

  it('of an edit whose message was deleted offers it as a new message', async () => {
    const { id } = (await stored())[0]!
    await offline()
    await field(johns).press('ArrowUp')
    await field(johns).fill('too late')
    await field(johns).press('Enter')
    await message(johns, 'too late').waitFor()
    await fetch(`${scene.parley.url}${path}/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${john.token}` }
    })
    await scene.john.context.setOffline(false)
    await failures(johns)
      .getByText(/deleted/)
      .waitFor()
    await startWith(johns, 'jill')
    await listed(johns, 'jane').getByText('Not saved').click()
    await failures(johns).getByRole('button', { name: 'Use as new message' }).click()
    expect(await field(johns).inputValue()).toBe('too late')
    await field(johns).press('Enter')
    await isSent('too late')
  })

  it('of a reaction is rolled back, and says so', async () => {
    await johns.route(/\/reactions\//, (route) =>
      route.fulfill({
        status: 422,
        contentType: 'application/problem+json',
        json: { code: 'too_many_reactions', status: 422, title: 'No', detail: 'No.' }
      })
    )
    await openMenu(johns, message(johns, 'too late'))
    await johns.getByRole('menuitemcheckbox', { name: 'React with 👍' }).click()
    await failures(johns)
      .getByText(/👍 wasn’t added\. .*maximum number/)
      .waitFor()
    expect(await message(johns, 'too late').getByRole('button', { name: /👍/ }).count()).toBe(0)
    await failures(johns).getByRole('button', { name: 'Dismiss' }).click()
    await failures(johns).waitFor({ state: 'detached' })
  })

  it('with a retry delay is no failure: 429 and 503', async () => {
    const answers = [429, 503]
    await johns.route(/\/messages$/, (route) => {
      const status = route.request().method() === 'POST' ? answers.shift() : undefined
      if (status === undefined) return route.continue()
      const problem = { code: 'draining', status, title: 'Wait', detail: 'Wait.' }
      return route.fulfill({
        status,
        headers: { 'retry-after': '1' },
        contentType: 'application/problem+json',
        json: problem
      })
    })
    await send(johns, 'patience')
    await listed(johns, 'jane').getByText('Sending').waitFor({ state: 'attached' })
    expect(await johns.getByText('Not sent').count()).toBe(0)
    await isSent('patience')
    expect(answers).toEqual([])
  })
})

it('a draft and unsent messages of Parley 0.1 are kept and sent', async () => {
  const address = johns.url()
  const conversationId = address.split('/').at(-1)!
  await johns.goto(`${scene.parley.url}/livez`)
  const { id } = john.user
  const items = ['old one', 'old two'].map((content) => ({
    clientId: crypto.randomUUID(),
    conversationId,
    content,
    queuedAt: new Date().toISOString(),
    problem: null
  }))
  await johns.evaluate(`new Promise((resolve) => {
    localStorage.setItem('parley:${id}:draft:${conversationId}', '{"an old draft')
    const request = indexedDB.open('parley:${id}', 1)
    request.onupgradeneeded = ({ target: { result: database } }) => {
      const items = database.createObjectStore('outbox', { keyPath: 'order', autoIncrement: true })
      items.createIndex('clientId', 'clientId', { unique: true })
    }
    request.onsuccess = ({ target: { result: database } }) => {
      const change = database.transaction('outbox', 'readwrite')
      for (const item of ${JSON.stringify(items)}) change.objectStore('outbox').add(item)
      change.oncomplete = () => (database.close(), resolve())
    }
  })`)
  await johns.goto(address)
  await isSent('old two')
  expect((await contents()).slice(-2)).toEqual(['old one', 'old two'])
  expect(await field(johns).inputValue()).toBe('{"an old draft')
  await johns.reload()
  await message(johns, 'old two').waitFor()
  expect((await contents()).slice(-2)).toEqual(['old one', 'old two'])
})

it('the pages report no errors', () => {
  expect(errors).toEqual([])
})
