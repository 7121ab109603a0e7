import type { ProblemDocument } from '@parley/contract/problems'
import { t } from '@lingui/core/macro'
import { isFinal, problemText } from '../../lib/problem-texts.ts'
import { Button } from '../../ui/button.tsx'
import styles from './failed-message.module.css'

/** Why a message was not taken, and what can be done with it. */
export function FailedMessage({
  problem,
  onRetry,
  onEdit,
  onDiscard
}: {
  problem: ProblemDocument
  onRetry: () => void
  /** Undefined where its text may not be changed. */
  onEdit: (() => void) | undefined
  onDiscard: () => void
}) {
  return (
    <div className={styles.failure}>
      <p role="alert">
        {t`Not sent.`} {problemText(problem)}
      </p>
      <div className={styles.choices}>
        {!isFinal(problem) && (
          <Button look="quiet" onClick={onRetry}>
            {t`Try again`}
          </Button>
        )}
        {onEdit && (
          <Button look="quiet" onClick={onEdit}>
            {t`Edit`}
          </Button>
        )}
        <Button look="quiet" onClick={onDiscard}>
          {t`Discard`}
        </Button>
      </div>
    </div>
  )
}
