import { join } from 'node:path'
import { createCompiledCatalog, getCatalogs } from '@lingui/cli/api'
import { getConfig } from '@lingui/conf'
import { beforeAll, describe, expect, it } from 'vitest'
import { locales as shown } from '../../web/src/lib/locale.ts'

type Compiled = readonly (string | readonly [name: string, format?: string, choices?: Choices])[]
type Choices = Record<string, string | Compiled | number>

const web = join(import.meta.dirname, '../../web')
const config = getConfig({ cwd: web, configPath: join(web, 'lingui.config.ts') })
const locales = ['en', 'de', 'ar'] as const

/** Source messages by id, and the texts of each catalog. */
let source: Record<string, string>
const translations = new Map<string, Record<string, string>>()
beforeAll(async () => {
  const [catalog] = await getCatalogs(config)
  const extracted = (await catalog!.collect())!
  source = Object.fromEntries(Object.entries(extracted).map(([id, { message }]) => [id, message ?? '']))
  for (const locale of locales) {
    const entries = Object.entries((await catalog!.read(locale)) ?? {})
    translations.set(locale, Object.fromEntries(entries.map(([id, entry]) => [id, entry.translation ?? ''])))
  }
})

/** Compiles a message as the app receives it. */
function compile(locale: string, message: string): Compiled {
  const { source, errors } = createCompiledCatalog(locale, { id: message }, { namespace: 'json' })
  if (errors.length > 0) throw errors[0]!.error
  return (JSON.parse(source) as { messages: { id: Compiled } }).messages.id
}

/** Returns the names used in a message, and the categories of its plurals. */
function partsOf(message: Compiled): { names: Set<string>; plurals: string[][] } {
  const names = new Set<string>()
  const plurals: string[][] = []
  const visit = (pieces: Compiled) => {
    for (const piece of pieces) {
      if (typeof piece === 'string') continue
      const [name, , choices] = piece
      names.add(name)
      if (!choices) continue
      plurals.push(Object.keys(choices).filter((key) => key !== 'offset'))
      for (const choice of Object.values(choices)) if (Array.isArray(choice)) visit(choice)
    }
  }
  visit(message)
  return { names, plurals }
}

it('the app offers each language that has a catalog', () => {
  expect(config.locales.toSorted()).toEqual(Object.keys(shown).toSorted())
  expect(locales.toSorted()).toEqual(config.locales.toSorted())
})

describe.each(locales)('the catalog %s', (locale) => {
  const messages = () => Object.entries(translations.get(locale)!)

  it('has exactly the messages of the source; `npm run texts` updates it', () => {
    expect(Object.keys(source).length).toBeGreaterThan(250)
    expect(Object.keys(translations.get(locale)!).toSorted()).toEqual(Object.keys(source).toSorted())
  })

  it('has a translation for each', () => {
    expect(messages().flatMap(([id, text]) => (text.trim() === '' ? source[id] : []))).toEqual([])
  })

  it('shows the same values as the source', () => {
    for (const [id, text] of messages()) {
      const { names } = partsOf(compile(locale, text))
      expect([...names].toSorted(), text).toEqual([...partsOf(compile('en', source[id]!)).names].toSorted())
    }
  })

  it('has exactly its plural categories', () => {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted()
    const plurals = messages().flatMap(([, text]) => partsOf(compile(locale, text)).plurals)
    expect(plurals.length).toBeGreaterThan(10)
    for (const plural of plurals) expect(plural.toSorted()).toEqual(categories)
  })

  it('has typographic quotes, apostrophes and ellipses', () => {
    expect(messages().flatMap(([, text]) => (/["'`]|\.\.\./.test(text) ? text : []))).toEqual([])
  })
})

it('the English catalog equals the source', () => {
  expect(translations.get('en')).toEqual(source)
})
