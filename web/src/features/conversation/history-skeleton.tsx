import { t } from '@lingui/core/macro'
import { useMessengerState } from '../../state/hooks/context.tsx'
import { classNames } from '../../lib/class-names.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import styles from './history-skeleton.module.css'

/** Where messages will be; without a connection, that they are not on this device. */
export function HistorySkeleton() {
  const away = useMessengerState(({ stream }) => stream === 'waiting')
  return (
    <div className={styles.history} role="status" aria-label={away ? undefined : t`Loading`}>
      {away && <p className={styles.away}>{t`Messages will load when you’re back online.`}</p>}
      {['44%', '28%', '52%', '36%', '24%'].map((width, index) => (
        <Skeleton
          key={width}
          width={width}
          className={classNames(styles.shape, index % 3 === 1 && styles.mine)}
        />
      ))}
    </div>
  )
}
