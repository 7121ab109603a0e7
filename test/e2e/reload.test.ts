import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page, Request } from 'playwright-core'
import type { Message } from '@parley/contract/messages'
import { loginAs, type Api } from '../harness/api.ts'
import { accessField, listed, message, openScene, send, signIn, type Scene } from './people.ts'

let scene: Scene
let page: Page
let jane: Api
let john: Api
let path: string
beforeAll(async () => {
  scene = await openScene()
  ;[jane, john] = [await loginAs(scene.parley.url, 'jane'), await loginAs(scene.parley.url, 'john')]
  path = `/api/conversations/${(await jane.conversationWith('john')).id}/messages`
  await janeSends('before everything')
  page = await signIn(scene.john, scene.parley.url, 'john')
  await listed(page, 'jane').click()
  await message(page, 'before everything').waitFor()
  // The worker has cached the app's page: from here on it opens without a network.
  await page.evaluate('navigator.serviceWorker.ready')
})
afterAll(() => scene[Symbol.asyncDispose]())

const janeSends = (content: string) => jane.post(path, { content })
const contents = () => page.locator('[data-part=text]').allTextContents()

/** Returns the newest hundred messages of the conversation from the server, oldest first. */
async function refetched(): Promise<Message[]> {
  const messages: Message[] = []
  for (let pages = 0; pages < 4; pages++) {
    const before = messages.at(-1)?.id
    messages.push(...(await john.get<Message[]>(`${path}?peek=1${before ? `&before=${before}` : ''}`)).body)
    if (messages.at(-1)?.position === 1) break
  }
  return messages.toReversed()
}
const refetchedContents = async () => (await refetched()).map(({ content }) => content)

/** Returns the current head of john's log. */
async function head(): Promise<string> {
  return (await john.get('/api/conversations')).headers.get('event-cursor')!
}

type Kept = { cursor: string | null; messages: Message[]; records: number }

/** Returns what this browser stores of john's state. */
function kept(): Promise<Kept> {
  return page.evaluate(`new Promise((resolve) => {
    const opening = indexedDB.open('parley:${john.user.id}:state')
    // There is none: opening it must not make one.
    opening.onupgradeneeded = () => opening.transaction.abort()
    opening.onerror = () => resolve({ cursor: null, messages: [], records: 0 })
    opening.onsuccess = ({ target: { result: database } }) => {
      const read = database.transaction(['head', 'histories'])
      const heads = read.objectStore('head').getAll()
      const histories = read.objectStore('histories').getAll()
      read.oncomplete = () => {
        database.close()
        const cursor = heads.result[0]?.cursor
        resolve({
          cursor: cursor ? cursor.epoch + '-' + cursor.seq : null,
          messages: histories.result.flatMap(({ history }) => history.messages),
          records: heads.result.length + histories.result.length
        })
      }
    }
  })`)
}
const allIsKept = () => expect.poll(async () => (await kept()).cursor === (await head())).toBe(true)

/** Copies only the database of a killed server: its command socket, which stays behind, cannot be copied. */
async function copyDatabase(from: string, to: string): Promise<void> {
  for (const name of ['parley.db', 'parley.db-wal']) await copyFile(join(from, name), join(to, name))
}

it('C1: a reload resumes from the stored cursor, and fetches nothing again', async () => {
  await janeSends('before the reload')
  await message(page, 'before the reload').waitFor()
  await allIsKept()
  const { cursor } = await kept()

  const asked: Request[] = []
  const note = (request: Request) => void asked.push(request)
  page.on('request', note)
  await page.reload()
  await message(page, 'before the reload').waitFor()
  await janeSends('after the reload')
  await message(page, 'after the reload').waitFor()
  page.off('request', note)
  const paths = asked.map((request) => new URL(request.url()).pathname)
  // Presence is requested each time, because it is not stored.
  const fetched = paths.filter((path) => /^\/api\/(?!presence|.*\/read_messages)/.test(path))
  expect(fetched.toSorted()).toEqual(['/api/auth_user', '/api/messages'])
  expect((await asked[paths.indexOf('/api/messages')]!.allHeaders())['last-event-id']).toBe(cursor)
})

it('C2: a reload without a network shows the stored state, says so, and sends when the network is back', async () => {
  await allIsKept()
  await scene.john.context.setOffline(true)
  await page.reload()
  await message(page, 'after the reload').waitFor()
  expect(await contents()).toEqual(await refetchedContents())
  await page.getByText(/You’re offline/).waitFor()
  await listed(page, 'jane').getByText('after the reload').waitFor()
  await send(page, 'from the train')
  await message(page, 'from the train').getByText('Sending').waitFor({ state: 'attached' })
  await page.reload()
  await message(page, 'from the train').getByText('Sending').waitFor({ state: 'attached' })
  await janeSends('meanwhile at home')
  await scene.john.context.setOffline(false)
  await message(page, 'from the train').getByText('Sent').waitFor({ state: 'attached' })
  await message(page, 'meanwhile at home').waitFor()
  await page.getByText(/You’re offline/).waitFor({ state: 'detached' })
  expect(await contents()).toEqual(await refetchedContents())
})

it('C2: a page loaded while the server is down shows the stored state, and continues when it is back', async () => {
  await allIsKept()
  await scene.parley.kill()
  await page.reload()
  await message(page, 'meanwhile at home').waitFor()
  await page.getByText(/Reconnecting…/).waitFor()
  await page.goto(scene.parley.url)
  await listed(page, 'jane').click()
  await send(page, 'are you there?')
  await scene.parley.restart()
  await message(page, 'are you there?').getByText('Sent').waitFor({ state: 'attached' })
  await janeSends('I am')
  await message(page, 'I am').waitFor()
  expect(await contents()).toEqual(await refetchedContents())
})

it('C1: messages that arrive during repeated reloads are each there once, in order', async () => {
  let sent = 0
  const over = new AbortController()
  const sending = (async () => {
    while (!over.signal.aborted) await janeSends(`storm ${++sent}`)
  })()
  for (let reloads = 0; reloads < 6; reloads++) {
    const before = sent
    await expect.poll(() => sent).toBeGreaterThan(before + 2)
    await page.reload()
    await page.locator('[data-part=message]').first().waitFor()
  }
  over.abort()
  await sending
  await message(page, `storm ${sent}`).waitFor()
  await allIsKept()
  // State and events equal the refetched state in every field.
  expect((await kept()).messages).toEqual(await refetched())
})

it('C4: after an older database is restored, the page drops what the server no longer has', async () => {
  const { parley } = scene
  const backup = `${parley.dataDir}-before`
  await parley.kill()
  await mkdir(backup)
  await copyDatabase(parley.dataDir, backup)
  await parley.restart()
  await janeSends('to be lost')
  await message(page, 'to be lost').waitFor()
  await allIsKept()
  await parley.kill()
  await copyDatabase(backup, parley.dataDir)
  await rm(backup, { recursive: true })
  await page.reload()
  await message(page, 'to be lost').waitFor()
  await parley.restart()
  await message(page, 'to be lost').waitFor({ state: 'detached' })
  await janeSends('after the restore')
  await message(page, 'after the restore').waitFor()
  await allIsKept()
  const { messages } = await kept()
  expect(messages.length).toBeGreaterThanOrEqual(25)
  expect(messages).toEqual((await refetched()).slice(-messages.length))
})

it('C3: state stored by an older Parley, or by another tab without its cursor, is ignored', async () => {
  const change = (code: string) =>
    page.evaluate(`new Promise((resolve) => {
      indexedDB.open('parley:${john.user.id}:state').onsuccess = ({ target: { result: database } }) => {
        const change = database.transaction(['head', 'histories'], 'readwrite')
        const [heads, histories] = [change.objectStore('head'), change.objectStore('histories')]
        ${code}
        change.oncomplete = () => (database.close(), resolve())
      }
    })`)
  // The page that wrote is closed; otherwise it would write again.
  const address = page.url()
  const reopen = async (code: string) => {
    await page.goto(`${scene.parley.url}/livez`)
    await change(code)
    await scene.john.context.setOffline(true)
    await page.goto(address)
  }
  await reopen(
    "histories.openCursor().onsuccess = ({ target: { result: row } }) => row.update({ ...row.value, stamp: 'x' })"
  )
  await listed(page, 'jane').waitFor()
  await page.getByText(/You’re offline/).waitFor()
  await page.getByText(/Messages will load/).waitFor()
  expect(await contents()).toEqual([])
  await scene.john.context.setOffline(false)
  await message(page, 'after the restore').waitFor()
  await allIsKept()

  await reopen(
    "heads.get('head').onsuccess = ({ target: { result: head } }) => heads.put({ ...head, version: 0 }, 'head')"
  )
  await page.getByText('Parley can’t be reached').waitFor()
  await scene.john.context.setOffline(false)
  await message(page, 'after the restore').waitFor()
})

it('C3: a sign-out leaves nothing behind, with or without a network', async () => {
  await page.getByRole('button', { name: 'Account of john' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await accessField(page).waitFor()
  await expect.poll(async () => (await kept()).records).toBe(0)
  await scene.john.context.setOffline(true)
  await page.reload()
  await page.getByText('Parley can’t be reached').waitFor()
  await scene.john.context.setOffline(false)
  await accessField(page).waitFor()
  expect((await kept()).records).toBe(0)
})

it('C3: another user who is signed in here by other means sees nothing of the first', async () => {
  await page.close()
  page = await signIn(scene.john, scene.parley.url, 'john')
  await listed(page, 'jane').click()
  await message(page, 'after the restore').waitFor()
  await allIsKept()
  // As if a sign-in elsewhere had replaced the cookie while the page was closed.
  await page.goto(`${scene.parley.url}/livez`)
  await scene.john.context.request.post(`${scene.parley.url}/api/login?session=cookie`, {
    headers: { origin: scene.parley.url },
    data: { username: 'jane' }
  })
  await page.addInitScript(`new MutationObserver(() => {
    if (document.querySelector('[aria-label="Account of john"]')) window.sawJohn = true
  }).observe(document, { subtree: true, childList: true })`)
  await page.goto(`${scene.parley.url}/callback`)
  await page.getByRole('button', { name: 'Account of jane' }).waitFor()
  await listed(page, 'john').waitFor()
  expect(await page.evaluate('window.sawJohn')).toBeUndefined()
  await expect.poll(async () => (await kept()).records).toBe(0)
})
