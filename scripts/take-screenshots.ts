/**
 * `node scripts/take-screenshots.ts` writes the pictures of the README, docs/images/desktop.png and phone.png. It starts the
 * built Parley with a new database, in which john, jane and friends talk. Run `npm run build` first.
 */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { loginAs, type Api } from '../test/harness/api.ts'
import { openBrowser, type Browser } from '../test/harness/chromium.ts'
import { cleanEnv, release, repository, startParley } from '../test/harness/parley.ts'

const folder = join(repository, 'docs/images')
const desktop = { viewport: { width: 1200, height: 760 } }
const phone = {
  viewport: { width: 390, height: 760 },
  deviceScaleFactor: 1.5,
  isMobile: true,
  hasTouch: true
}

type Message = { id: string }
type Conversation = { id: string; title: string | null }

await mkdir(folder, { recursive: true })
await using parley = await startParley()
await promisify(execFile)('./server/parley.js', ['user', 'add', 'anna', 'ben'], {
  cwd: release,
  env: cleanEnv({ DATA_DIR: parley.dataDir })
})

const [john, jane, anna, ben] = await Promise.all(
  ['john', 'jane', 'anna', 'ben'].map((name) => loginAs(parley.url, name))
)
const hike = await start(john!, { title: 'Saturday hike', usernames: ['jane', 'anna', 'ben'] })
const direct = await start(john!, { username: 'jane' })
const boots = await start(john!, { username: 'ben' })

await send(ben!, boots, 'I found your boots in the car')
await send(john!, boots, 'Thanks! I will pick them up tomorrow.')
await send(jane!, direct, 'Did you see the forecast?')
await send(john!, direct, 'Yes: sun until four, then clouds.')
const lunch = await send(jane!, direct, 'Then we can have lunch at the upper hut.')
await react(john!, direct, lunch, '❤️')
await send(john!, direct, 'I will call them for a table.', lunch)
await send(jane!, hike, 'Which train do we take on Saturday?')
const train = await send(anna!, hike, 'The 8:12. It arrives in Brenner at half past nine.')
for (const each of [ben!, jane!, john!]) await react(each, hike, train, '❤️')
await send(john!, hike, 'I have seats for four.', train)
await send(ben!, hike, '@john do you bring the map?')
await send(john!, hike, 'Yes, and the thermos.')

const place = { locale: 'en-GB', timezoneId: 'America/New_York' }
await using browserOfJohn = await openBrowser({ ...desktop, ...place, colorScheme: 'light' })
await using phoneOfJane = await openBrowser({ ...phone, ...place, colorScheme: 'dark' })
const pageOfJohn = await signIn(browserOfJohn, 'john', hike, 'Yes, and the thermos.')
const pageOfJane = await signIn(phoneOfJane, 'jane', direct, 'I will call them for a table.')

await pageOfJane.getByRole('textbox', { name: 'Message' }).pressSequentially('Perfect, see you at 8')
await anna!.post(`/api/conversations/${hike}/typing`)
await pageOfJohn.getByText('anna is typing').last().waitFor()
await picture(pageOfJohn, 'desktop.png')
await picture(pageOfJane, 'phone.png')

async function start(api: Api, body: Record<string, unknown>): Promise<string> {
  const { body: conversation } = await api.post<Conversation>('/api/conversations', body)
  return conversation.id
}

async function send(api: Api, conversation: string, content: string, replyTo?: string): Promise<string> {
  const { body } = await api.post<Message>(`/api/conversations/${conversation}/messages`, {
    content,
    ...(replyTo && { replyTo })
  })
  return body.id
}

async function react(api: Api, conversation: string, message: string, emoji: string): Promise<void> {
  const path = `/api/conversations/${conversation}/messages/${message}/reactions`
  await api.put(`${path}/${encodeURIComponent(emoji)}`, undefined)
}

async function signIn(
  browser: Browser,
  username: string,
  conversation: string,
  newest: string
): Promise<Page> {
  const page = await browser.context.newPage()
  await page.goto(parley.url)
  await page.getByLabel('Username', { exact: true }).fill(username)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Conversations', exact: true }).waitFor()
  await page.goto(`${parley.url}/conversations/${conversation}`)
  await page.getByText(newest).last().waitFor()
  return page
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, name), animations: 'disabled', caret: 'hide' })
}
