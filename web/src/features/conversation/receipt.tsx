import type { User } from '@parley/contract/people'
import { plural, t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { formatList } from '../../lib/formats.ts'
import styles from './receipt.module.css'

/** Number of names that are listed; the others are counted. */
const namesMax = 3

/** Who has read the message above it: in a conversation of two there is only one who can. */
export function Receipt({ readers, group }: { readers: readonly User[]; group: boolean }) {
  const names = readers.map(({ username }) => username)
  return (
    <p className={styles.seen} title={group ? formatList(names.map(isolate)) : undefined}>
      {group ? seenText(names) : t`Seen`}
    </p>
  )
}

/** The first names, and how many more. */
function seenText(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).map(isolate)
  const others = names.length - shown.length
  const people = formatList(
    others > 0 ? [...shown, plural(others, { one: '# more', other: '# more' })] : shown
  )
  return t`Seen by ${people}`
}
