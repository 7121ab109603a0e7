import type { User } from '@parley/contract/people'
import { isolate } from '../../lib/bidi.ts'
import { texts } from '../../lib/texts.ts'
import styles from './receipt.module.css'

/** Names that are told; the others are counted. */
const namesMax = 3

/** Who has read the message above it: in a conversation of two there is only one who can. */
export function Receipt({ readers, group }: { readers: readonly User[]; group: boolean }) {
  const names = readers.map(({ username }) => username)
  return (
    <p className={styles.seen} title={group ? names.map(isolate).join(', ') : undefined}>
      {group
        ? texts.message.seenBy(names.slice(0, namesMax), Math.max(0, names.length - namesMax))
        : texts.message.seen}
    </p>
  )
}
