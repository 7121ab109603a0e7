import { t } from '@lingui/core/macro'
import { Button } from '../../ui/button.tsx'
import styles from './earlier-messages.module.css'

/** Of one height whatever it says, so that nothing below it moves, px. */
export const earlierHeight = 72

/** What stands above the oldest message that is here. */
export function EarlierMessages({
  beginning,
  hasOlder,
  loading,
  onOlder
}: {
  beginning: string
  hasOlder: boolean
  loading: boolean
  onOlder: () => void
}) {
  return (
    <div className={styles.earlier}>
      {hasOlder ? (
        <Button look="quiet" onClick={onOlder} disabled={loading}>
          {loading ? t`Loading earlier messages…` : t`Show earlier messages`}
        </Button>
      ) : (
        <p>{beginning}</p>
      )}
    </div>
  )
}
