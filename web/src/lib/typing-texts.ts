import { plural, t } from '@lingui/core/macro'
import { isolate } from './bidi.ts'

/** Who is typing. */
export function typingText(names: readonly string[]): string {
  const [first = '', second] = names.map(isolate)
  if (names.length > 2)
    return plural({ count: names.length }, { one: '# person is typing…', other: '# people are typing…' })
  return second === undefined ? t`${first} is typing…` : t`${first} and ${second} are typing…`
}
