import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../harness/parley.ts'

const pages = globSync('{*.md,docs/*.md,docs/decisions/*.md}', { cwd: repository })
const textOf = (page: string) => readFileSync(join(repository, page), 'utf8')

/** The pages that describe the tree as it is. Decisions and the changelog describe it as it was. */
const current = pages.filter((page) => !page.startsWith('docs/decisions/') && page !== 'CHANGELOG.md')

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: repository,
  encoding: 'utf8'
})
  .trim()
  .split('\n')
const paths = new Set(files.flatMap((file) => [file, ...foldersOf(file)]))

/** A text in backticks that may be a path. Placeholders such as `<noun>` do not match. */
const path = /^[\w@.{},*-]+(?:\/[\w@.{},*-]*)*$/
const source = /\.(?:tsx?|css)$/
const exclude = ['**/node_modules', '**/dist']
const roots = new Set(['bench', 'client', 'contract', 'deploy', 'docs', 'scripts', 'server', 'test', 'web'])

function foldersOf(file: string): string[] {
  const folder = dirname(file)
  return folder === '.' ? [] : [folder, `${folder}/`, ...foldersOf(folder)]
}

/** Returns the paths that a page names: those that begin in a folder of the repository, and sources anywhere in it. */
function pathsIn(page: string): string[] {
  const prose = textOf(page).replaceAll(/^```[^]*?^```/gm, '')
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, text]) => text!).filter(
    (text) => path.test(text) && (roots.has(text.split('/')[0]!) ? text.includes('/') : source.test(text))
  )
}

function exists(named: string): boolean {
  if (/[*{]/.test(named)) return globSync(`{,**/}${named}`, { cwd: repository, exclude }).length > 0
  return paths.has(named) || files.some((file) => file.endsWith(`/${named}`))
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
  return plain.replaceAll(' ', '-')
}

test('every path that the docs name exists', () => {
  const named = current.flatMap((page) => pathsIn(page).map((each) => ({ page, path: each })))
  expect(named.length).toBeGreaterThan(200)
  expect(named.filter((each) => !exists(each.path))).toEqual([])
})

test('every link between pages leads to a file and a heading', () => {
  const links = pages.flatMap((page) =>
    Array.from(textOf(page).matchAll(/(?:\]\(|src=")(?!https?:)([^)"\s]+)/g), ([, to]) => ({ page, to: to! }))
  )
  expect(links.length).toBeGreaterThan(60)
  const broken = links.filter(({ page, to }) => {
    const [file, anchor] = to.split('#', 2) as [string, string?]
    const target = file === '' ? page : normalize(join(dirname(page), file))
    if (!paths.has(target)) return true
    if (anchor === undefined) return false
    const headings = textOf(target).matchAll(/^#+ (.+)$/gm)
    return !Array.from(headings, ([, heading]) => anchorOf(heading!)).includes(anchor)
  })
  expect(broken).toEqual([])
})

test('every npm script that the docs name exists', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  const named = current.flatMap((page) =>
    Array.from(textOf(page).matchAll(/\bnpm run ([a-z]+)/g), ([, name]) => ({ page, name: name! }))
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ name }) => !(name in scripts))).toEqual([])
})

test('the index of decisions lists every decision with its title', () => {
  const index = textOf('docs/decisions/README.md')
  for (const page of pages.filter((each) => /decisions\/\d/.test(each))) {
    const [, number, title] = /^# 0*(\d+)[.:] (.+)$/m.exec(textOf(page))!
    expect(index).toContain(`| ${number} | [${title}](${page.split('/').at(-1)}) |`)
  }
})

test('every page of the docs is in their index', () => {
  const index = textOf('docs/README.md')
  const listed = globSync('docs/*.md', { cwd: repository }).filter((page) => page !== 'docs/README.md')
  expect(listed.filter((page) => !index.includes(`](${page.slice('docs/'.length)}`))).toEqual([])
})
