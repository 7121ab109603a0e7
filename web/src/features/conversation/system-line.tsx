import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { lineText } from '../../lib/line-texts.ts'
import { fullTimeOf } from '../../lib/times.ts'
import styles from './system-line.module.css'

/** What happened to a conversation itself. */
export function SystemLine({ line, me, rowKey }: { line: Message; me: User; rowKey: string }) {
  return (
    <p
      className={styles.line}
      data-part="line"
      data-row={rowKey}
      data-position={line.position}
      tabIndex={-1}
      title={fullTimeOf(line.createdAt)}
    >
      {lineText(line, me)}
    </p>
  )
}
