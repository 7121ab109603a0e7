import type { ProblemDocument } from '@parley/contract/problems'
import { isFinal, problemText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
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
        {texts.message.failed} {problemText(problem)}
      </p>
      <div className={styles.choices}>
        {!isFinal(problem) && (
          <Button look="quiet" onClick={onRetry}>
            {texts.message.retry}
          </Button>
        )}
        {onEdit && (
          <Button look="quiet" onClick={onEdit}>
            {texts.message.edit}
          </Button>
        )}
        <Button look="quiet" onClick={onDiscard}>
          {texts.message.discard}
        </Button>
      </div>
    </div>
  )
}
