import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { literalTexts } from './literal-texts.ts'

const sources = join(import.meta.dirname, '../../web/src')
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /(?<!\.d)\.tsx?$/.test(name)
)

describe('a text missing from the catalogs', () => {
  it.each(files)('does not occur in %s', (name) => {
    expect(literalTexts(name, readFileSync(join(sources, name), 'utf8'))).toEqual([])
  })

  it.each([
    ['<p>Not sent</p>', 'Not sent'],
    ['<p>{failed ? "Not sent" : null}</p>', 'Not sent'],
    ['<p>{failed && `${name} left`}</p>', ' left'],
    ['<p>{name ?? "no one"}</p>', 'no one'],
    ['<button aria-label="Send" />', 'Send'],
    ['<button title={sent ? "sent" : t`pending`} />', 'sent'],
    ['<input placeholder={"Find " + name} />', 'Find '],
    ['<img alt="a garden" />', 'a garden'],
    ['<Notice detail="reload" />', 'reload'],
    ['<p>{list.map((each) => <b key={each}>more</b>)}</p>', 'more'],
    ['setFailure("Enter a group name.")', 'Enter a group name.'],
    ['show({ title: "Group" })', 'Group'],
    ['() => `Reply to ${name}`', 'Reply to '],
    ['"Saved."', 'Saved.'],
    ['const title = t`Group`', 'a macro outside a function']
  ])('is found in %s', (code, text) => {
    const within = text.includes('macro') ? code : `const Page = () => { return (${code}) }`
    expect(literalTexts('x.tsx', within)).toEqual([`x.tsx:1 ${text}`])
  })

  it.each([
    '<p>{t`Not sent`}</p>',
    '<p className="quiet" data-part="text" role="alert">…</p>',
    'const text = () => <p title={t`Seen by ${names}`}>{plural(count, { one: "# member", other: "# members" })}</p>',
    'const open = () => <p aria-label={kind === "group" ? t`Group` : undefined} />',
    'const missing = () => { throw new Error("There is no session here") }'
  ])('is not found in %s', (code) => {
    expect(literalTexts('x.tsx', `const Page = () => { ${code} }`)).toEqual([])
  })
})
