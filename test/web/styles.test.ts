import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readComponent, readStyles } from './style-rules.ts'

const sources = join(import.meta.dirname, '../../web/src')
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
const read = (name: string) => readFileSync(join(sources, name), 'utf8')
const modules = files.filter((name) => name.endsWith('.module.css'))
const components = files.filter((name) => /\.tsx?$/.test(name))

describe('the tokens', () => {
  const tokens = read('ui/tokens.css')
  const [light] = tokens.split('@media')
  const count = (prefix: string) => [...light!.matchAll(new RegExp(`^ +--${prefix}-\\w+:`, 'gm'))].length
  it('are 6 sizes of text, 3 weights and 4 radii', () => {
    expect([count('text'), count('weight'), count('radius')]).toEqual([6, 3, 4])
  })
  it('have one scale of spaces, which grows', () => {
    const spaces = [...light!.matchAll(/--space-(\d+): (\d+)px/g)].map(([, step, px]) => [
      Number(step),
      Number(px)
    ])
    expect(spaces.map(([step]) => step)).toEqual(spaces.map((_, index) => index + 1))
    expect(spaces.map(([, px]) => px)).toEqual(
      [...new Set(spaces.map(([, px]) => px!))].sort((a, b) => a - b)
    )
  })
  it('are all used, and every variable that is used is one or is set beside its use', () => {
    const sheets = ['ui/base.css', 'ui/tokens.css', ...modules].map(read)
    const all = [...sheets, ...components.map(read)].join('\n')
    const set = new Set([...all.matchAll(/(--[a-z][\w-]*)['"]?\s*[:,]/g)].map(([, name]) => name))
    const used = new Set([...all.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name))
    expect([...used].filter((name) => !set.has(name) && name !== '--hue-')).toEqual([])
    const defined = [...light!.matchAll(/^ +(--[\w-]+):/gm)].map(([, name]) => name!)
    expect(defined.filter((name) => !used.has(name) && !name.startsWith('--hue-'))).toEqual([])
  })
})

describe('style sheets', () => {
  it('are modules, each with a name of its own, but for the tokens and the base', () => {
    const others = files.filter((name) => name.endsWith('.css') && !modules.includes(name))
    expect(others.sort()).toEqual(['ui/base.css', 'ui/tokens.css'])
    expect(new Set(modules.map((name) => basename(name))).size).toBe(modules.length)
  })
  it.each(['ui/base.css', ...modules])('%s is made of tokens', (name) => {
    expect(readStyles(read(name)).faults).toEqual([])
  })
  it('of ui are in a layer below those of features, and the base below them, in any load order', () => {
    for (const name of modules) {
      const layers = [...read(name).matchAll(/@layer ([\w, ]+)/g)].map(([, layer]) => layer!.trim())
      expect(layers, name).toEqual(name.startsWith('ui/') ? ['ui'] : [])
      if (name.startsWith('ui/')) expect(read(name).startsWith('@layer ui {\n'), name).toBe(true)
    }
    expect(read('ui/base.css').match(/^@(?!import).*/gm)).toEqual(['@layer ui.base {'])
  })
  it('of the whole page have no classes', () => {
    for (const name of ['ui/base.css', 'ui/tokens.css'])
      expect([...readStyles(read(name)).classes]).toEqual([])
    for (const name of ['../index.html', '../public/browser-check.js'])
      expect(/\bclass(?:Name|List)?\b/.test(read(name)), name).toBe(false)
  })
})

describe('components', () => {
  const used = new Map(modules.map((name) => [name, new Set<string>()]))
  const faults: string[] = []
  for (const name of components) {
    const { modules: imported, faults: found } = readComponent(read(name))
    if (name !== 'app/main.tsx') faults.push(...found.map((fault) => `${name}: ${fault}`))
    for (const { path, classes } of imported)
      for (const each of classes) used.get(join(dirname(name), path))?.add(each)
  }
  it('write no class name themselves', () => {
    expect(faults).toEqual([])
  })
  it.each(modules)('use every class that %s defines, and no other', (name) => {
    expect(used.get(name)!).toEqual(readStyles(read(name)).classes)
  })
})

describe('these rules find', () => {
  it.each([
    'font-size: 13px',
    'font-size: 0.8rem',
    'font: 400 1rem/1.4 serif',
    'font-weight: 600',
    'font-weight: bold',
    'border-radius: 9px',
    'border-start-end-radius: 0.5rem',
    'padding: var(--space-2) 10px',
    'margin-block: calc(-1 * 5px)',
    'inset-inline-start: -38px',
    'gap: 1rem',
    'color: #fff',
    'color: white',
    'background: rgb(0 0 0 / 0.16)',
    'background: white',
    'border: 1px solid red',
    'background: oklch(0.9 0.1 20)',
    '--quote-fill: #eee',
    '--room: 14px',
    'transition: opacity 0.2s',
    'z-index: 2'
  ])('%s', (declaration) => {
    expect(readStyles(`.one {\n  display: grid;\n  ${declaration};\n}`).faults).toEqual([declaration])
  })
  it.each([
    'padding: 0 max(var(--space-5), env(safe-area-inset-right))',
    'margin: -1px',
    'margin-inline: auto',
    'border: 1px solid var(--line)',
    'border-radius: 50%',
    'font-size: 1.5em',
    'color: GrayText',
    'background: none',
    'background: oklch(var(--avatar-fill) var(--hue))',
    'inset-block-start: calc(50% - var(--touch) / 2)'
  ])('nothing in %s', (declaration) => {
    expect(readStyles(`.one {\n  ${declaration};\n}`).faults).toEqual([])
  })
  it('classes in every kind of selector, and none in values or at-rules', () => {
    const css = `@layer ui {\n  .a:not(.b) > .c::after,\n  .d svg {\n    opacity: 0.5;\n  }\n  @media (max-width: 51.99rem) {\n    .e {\n      flex: 1.5;\n    }\n  }\n}`
    expect([...readStyles(css).classes]).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
  it.each(['<p className="a" />', '<p className={`a`} />', "classNames('a', styles.b)", "import './a.css'"])(
    'the class name in %s',
    (code) => expect(readComponent(code).faults).toHaveLength(1)
  )
  it('the classes that a component uses, and what the build could not replace', () => {
    const code = `import styles from './a.module.css'\nconst looks = { b: styles.b }\nmineStyles.c\nstyles[look]`
    const { modules, faults } = readComponent(code)
    expect(modules).toEqual([{ path: './a.module.css', classes: new Set(['b']) }])
    expect(faults).toEqual(['styles of ./a.module.css'])
    expect(readComponent("import field from './a.module.css'").faults).toEqual(['./a.module.css as field'])
  })
})
