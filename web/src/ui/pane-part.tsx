import type { ReactNode } from 'react'
import { Boundary } from './boundary.tsx'
import { Notice } from './notice.tsx'
import styles from './pane-part.module.css'
import { FailureChoices, failureTexts } from './part-failure.tsx'

/** Around each pane, and around the app: one that cannot be shown says so, and the others stay. */
export function PanePart({ level = 2, children }: { level?: 1 | 2; children: ReactNode }) {
  return (
    <Boundary
      renderFallback={(error, retry) => (
        <div className={styles.pane} role="alert">
          <Notice level={level} {...failureTexts(error)}>
            <div className={styles.choices}>
              <FailureChoices error={error} onRetry={retry} />
            </div>
          </Notice>
        </div>
      )}
    >
      {children}
    </Boundary>
  )
}
