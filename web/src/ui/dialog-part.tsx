import type { ReactNode } from 'react'
import { t } from '@lingui/core/macro'
import { Boundary } from './boundary.tsx'
import { Dialog } from './dialog.tsx'
import { FailureChoices, failureTexts } from './part-failure.tsx'
import styles from './dialog.module.css'

/** Around each dialog and menu: one that cannot be loaded or shown says so, and the page beneath stays. */
export function DialogPart({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Boundary
      renderFallback={(error, retry) => (
        <Dialog title={failureTexts(error).title} close={t`Close`} onClose={onClose}>
          <div className={styles.body}>
            <p className={styles.detail} role="alert">
              {failureTexts(error).detail}
            </p>
            <div className={styles.choices}>
              <FailureChoices error={error} onRetry={retry} />
            </div>
          </div>
        </Dialog>
      )}
    >
      {children}
    </Boundary>
  )
}
