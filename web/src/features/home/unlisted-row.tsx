import { Link } from 'wouter'
import { t } from '@lingui/core/macro'
import { classNames } from '../../lib/class-names.ts'
import { Avatar } from '../../ui/avatar.tsx'
import type { Outgoing } from '../../state/model/outgoing.ts'
import { OutgoingMark, Words } from './conversation-row.tsx'
import styles from './conversation-row.module.css'

/** Leads to what was refused in a conversation that is not in the list. */
export function UnlistedRow({ id, outgoing, open }: { id: string; outgoing: Outgoing; open: boolean }) {
  return (
    <Link
      href={`/conversations/${id}`}
      className={classNames(styles.row, styles.link)}
      aria-current={open ? 'page' : undefined}
    >
      <Avatar name="?" url={null} groupId={id} />
      <span className={styles.text}>
        <span className={styles.line}>
          <span className={styles.name}>{t`Conversation not in your list`}</span>
        </span>
        <span className={styles.line}>
          <span className={styles.last}>
            <OutgoingMark outgoing={outgoing} />
            {outgoing.last && <Words by={t`You:`}>{outgoing.last.content}</Words>}
          </span>
        </span>
      </span>
    </Link>
  )
}
