import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { repository } from '../harness/parley.ts'
import { act, message } from './people.ts'

/** A part of the app whose code is loaded when it is first shown. */
export type Part = {
  /** Its file name without hash and extension. */
  name: string
  open(page: Page): Promise<void>
  /** An element that exists once it is shown. */
  shown(page: Page): Locator
}

/** The group in which each part can be opened, with an own message that was edited and reacted to. */
export const partsGroup = { title: 'all parts', content: 'as it reads now' }

const dialog = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true })
const choose = (choice: string) => (page: Page) => act(page, message(page, partsGroup.content), choice)

/** All lazily loaded parts; `lazyParts` finds any that are missing here. */
export const parts: readonly Part[] = [
  {
    name: 'new-group-dialog',
    open: (page) => page.getByRole('button', { name: 'New group' }).click(),
    shown: (page) => dialog(page, 'New group').getByLabel('Group name')
  },
  {
    name: 'group-panel',
    open: (page) => page.getByRole('button', { name: 'Group details' }).click(),
    shown: (page) => dialog(page, 'Group').getByRole('button', { name: 'Leave group' })
  },
  {
    name: 'emoji-dialog',
    open: choose('More emoji…'),
    shown: (page) => dialog(page, 'React with an emoji').getByLabel('Emoji')
  },
  {
    name: 'forward-dialog',
    open: choose('Forward…'),
    shown: (page) => dialog(page, 'Forward to…').getByLabel('Find a conversation')
  },
  {
    name: 'reactions-dialog',
    open: choose('Reactions'),
    shown: (page) => dialog(page, 'Reactions').getByText('You')
  },
  {
    name: 'versions-dialog',
    open: choose('Edit history'),
    shown: (page) => dialog(page, 'Edit history').getByText('Earlier versions of this message')
  }
]

/** Returns the files that `lazily` loads anywhere in the sources. */
export async function lazyParts(): Promise<string[]> {
  const sources = join(repository, 'web/src')
  const names = (await readdir(sources, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const found = await Promise.all(
    names.map(async (name) => {
      const code = await readFile(join(sources, name), 'utf8')
      return [...code.matchAll(/\bimport\(\s*'([^']+\.tsx)'/g)].map(([, path]) => basename(path!, '.tsx'))
    })
  )
  return found.flat().sort()
}
