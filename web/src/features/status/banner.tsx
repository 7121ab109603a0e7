import { classNames } from '../../lib/class-names.ts'
import { Button } from '../../ui/button.tsx'
import styles from './banner.module.css'

type BannerProps = {
  /** Null shows nothing. */
  text: string | null
  /** The button that helps; null without one. */
  action: string | null
  /** Good news. */
  calm?: boolean
  onAction: () => void
}

/** A line across the top of the page. The region stays in the page, so that screen readers announce a text in it. */
export function Banner({ text, action, calm = false, onAction }: BannerProps) {
  return (
    <div role="status">
      {text !== null && (
        <div className={classNames(styles.banner, calm && styles.calm)}>
          <span>{text}</span>
          {action !== null && (
            <Button look="quiet" className={styles.now} onClick={onAction}>
              {action}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
