import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { loginAs, type Api } from '../harness/api.ts'
import { violations } from './axe.ts'
import { act, message, openMenu, openScene, signIn, type Scene } from './people.ts'

let scene: Scene
let page: Page
let jane: Api
let group: string
beforeAll(async () => {
  scene = await openScene()
  const { url } = scene.parley
  const john = await loginAs(url, 'john')
  jane = await loginAs(url, 'jane')
  const { body } = await john.post<{ id: string }>('/api/conversations', {
    title: 'Garden',
    usernames: ['jane']
  })
  group = body.id
  const at = `/api/conversations/${group}/messages`
  const question = await jane.send(group, 'the question')
  await john.post(at, { content: 'the answer', replyTo: question.id })
  await jane.post(at, { content: 'and thanks' })
  const reaction = `${url}${at}/${question.id}/reactions/${encodeURIComponent('👍')}`
  await fetch(reaction, { method: 'PUT', headers: { authorization: `Bearer ${john.token}` } })
  await fetch(`${url}${at}/${question.id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${jane.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'the better question', version: 1 })
  })
  await signIn(scene.jane, url, 'jane')
  page = await signIn(scene.john, url, 'john')
})
afterAll(() => scene[Symbol.asyncDispose]())

const open = async () => {
  await page.goto(`${scene.parley.url}/conversations/${group}`)
  await message(page, 'the answer').waitFor()
}
const question = () => page.locator('[data-part=message]', { hasText: /question/ }).first()
const panel = () => page.getByRole('button', { name: 'Group details' }).click()
const person = async () => {
  await panel()
  await page.getByRole('button', { name: 'Actions for jane' }).click()
}
const inPanel = (name: string) => async () => {
  await panel()
  await page.getByRole('button', { name }).click()
}
const ofPerson = (name: string) => async () => {
  await person()
  await page.getByRole('menuitem', { name }).click()
}

/** Every dialog, menu and panel, with its accessible name. */
const overlays: [string, () => Promise<unknown>][] = [
  ['Message actions', () => openMenu(page, question())],
  ['React with an emoji', () => act(page, question(), 'More emoji…')],
  ['Reactions', () => act(page, question(), 'Reactions')],
  ['Forward to…', () => act(page, question(), 'Forward…')],
  ['Edit history', () => act(page, question(), 'Edit history')],
  ['Delete this message?', () => act(page, message(page, 'the answer'), 'Delete…')],
  ['Group', panel],
  ['Group', inPanel('Rename')],
  ['Group', inPanel('Add members')],
  ['Leave Garden?', inPanel('Leave group')],
  ['Actions for jane', person],
  ['Remove jane?', ofPerson('Remove…')],
  ['Transfer ownership to jane?', ofPerson('Transfer ownership…')],
  ['New group', () => page.getByRole('button', { name: 'New group' }).click()],
  ['Account of john', () => page.getByRole('button', { name: 'Account of john' }).click()]
]

describe.each([
  ['light colours', { colorScheme: 'light', contrast: 'no-preference' }],
  ['dark colours', { colorScheme: 'dark', contrast: 'no-preference' }],
  ['light colours of more contrast', { colorScheme: 'light', contrast: 'more' }],
  ['dark colours of more contrast', { colorScheme: 'dark', contrast: 'more' }]
] as const)('in %s', (_name, media) => {
  beforeAll(async () => {
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' })
    await open()
  })

  it('axe finds no barrier in any dialog, menu or panel, and Escape closes each', async () => {
    for (const [name, show] of overlays) {
      await show()
      await page.getByRole('dialog', { name, exact: true }).waitFor()
      expect(await violations(page), name).toEqual([])
      while ((await page.locator('dialog[open]').count()) > 0) await page.keyboard.press('Escape')
    }
  })
})

type AxNode = {
  nodeId: string
  parentId?: string
  ignored: boolean
  role?: { value: string }
  name?: { value: string }
  description?: { value: string }
}

describe('a screen reader reads', () => {
  let nodes: AxNode[]
  beforeAll(async () => {
    await open()
    await page.locator('[data-part=unread]').waitFor({ state: 'detached' })
    const cdp = await scene.john.context.newCDPSession(page)
    // Chromium adds the contents of rows and buttons to the tree some time after they are visible.
    await vi.waitFor(async () => {
      ;({ nodes } = (await cdp.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] })
      nodes = nodes.filter(({ ignored }) => !ignored)
      const names = nodes.map(({ name }) => name?.value)
      for (const name of ['the answer', 'and thanks', '👍 1: you', 'Send']) expect(names).toContain(name)
      expect(
        nodes.some(({ role, name }) => role?.value === 'StaticText' && name?.value === 'the answer')
      ).toBe(true)
    }, 15_000)
  })
  const of = (role: string) =>
    nodes
      .filter((node) => node.role?.value === role)
      .map(({ name, description }) => [name?.value ?? '', description?.value ?? ''])

  it('a message: its author, and its text once', () => {
    expect(of('article')).toEqual([
      ['jane', 'the better question'],
      ['You', 'the answer'],
      ['jane', 'and thanks']
    ])
    for (const text of ['the answer', 'and thanks'])
      expect(
        nodes.filter(({ role, name }) => role?.value === 'StaticText' && name?.value === text)
      ).toHaveLength(
        // In the list as well.
        text === 'and thanks' ? 2 : 1
      )
  })
  it('a list row: its words, and not its picture', () => {
    const [row] = of('link')
    expect(row).toEqual([expect.stringMatching(/^Garden \d\d:\d\d jane: +and thanks$/), ''])
  })
  it('every button: a unique name', () => {
    const buttons = of('button')
    expect(buttons.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'New group',
        'Account of john',
        'Go to the message from jane',
        '👍 1: you',
        'Send'
      ])
    )
    expect(buttons.filter(([name]) => !name)).toEqual([])
    expect(buttons.filter(([name, description]) => description && name!.includes(description))).toEqual([])
  })
  it('nothing of pictures', () => {
    expect(of('image').concat(of('img'))).toEqual([])
    for (const letter of ['J', 'G'])
      expect(
        nodes.filter(({ role, name }) => role?.value === 'StaticText' && name?.value === letter)
      ).toEqual([])
  })
})

/** Whether an element has a visible frame without backgrounds. */
const framed = (selector: string) =>
  page.evaluate<boolean>(`
    const style = getComputedStyle(document.querySelector(${JSON.stringify(selector)}))
    const drawn = (side) => style[side + 'Style'] !== 'none' && parseFloat(style[side + 'Width']) > 0
    drawn('borderTop') || drawn('outline')
  `)

describe('with system colours only', () => {
  beforeAll(async () => {
    await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark', reducedMotion: 'reduce' })
    await open()
  })

  it('bubbles, avatars, the open row and pressed buttons have frames', async () => {
    for (const selector of [
      '[data-part=message][data-mine] [data-part=bubble]',
      '[data-part=message]:not([data-mine]) [data-part=bubble]',
      '[data-part=avatar]',
      'nav [aria-current]',
      '[data-part=quote]',
      '[data-part=reaction][aria-pressed=true] > *',
      '[data-part=composer] textarea'
    ])
      expect(await framed(selector), selector).toBe(true)
  })
  it('the focused item of a menu or name list has a frame', async () => {
    await openMenu(page, message(page, 'the answer'))
    await page.keyboard.press('ArrowDown')
    expect(await framed('[role=menuitemcheckbox]:focus')).toBe(true)
    await page.keyboard.press('End')
    expect(await framed('[role=menuitem]:focus')).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('textbox', { name: /^Message/ }).fill('@j')
    await page.getByRole('option', { name: 'jane' }).waitFor()
    expect(await framed('[role=option][aria-selected=true]')).toBe(true)
  })
})

it('nothing moves if reduced motion is preferred', async () => {
  await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce' })
  await open()
  // Signals reach pages with an open stream only, and are not stored.
  await jane.send(group, 'are you there?')
  await message(page, 'are you there?').waitFor()
  await jane.post(`/api/conversations/${group}/typing`)
  await page.locator('[data-part=typing]').waitFor()
  await act(page, message(page, 'the answer'), 'Delete…')
  const lasting = await page.evaluate(
    'document.getAnimations().filter(({ effect }) => effect.getComputedTiming().activeDuration > 100).length'
  )
  expect(lasting).toBe(0)
  await page.keyboard.press('Escape')
})
