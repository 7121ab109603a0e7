import { reportFault } from '@parley/client/failures'
import type { ReactNode } from 'react'
import { MissingPart } from '../lib/missing-part.ts'
import { texts } from '../lib/texts.ts'
import { reloadApp } from '../lib/update.ts'
import { Boundary } from './boundary.tsx'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

/** Around each pane, and around the app: one that cannot be shown says so, and the others stay. */
export function PanePart({ level = 2, children }: { level?: 1 | 2; children: ReactNode }) {
  return (
    <Boundary
      renderFallback={(error, retry) => {
        const { title, detail } = error instanceof MissingPart ? texts.missingPart : texts.failedPart
        return (
          <div className="pane-part" role="alert">
            <Notice level={level} title={title} detail={detail}>
              <div className="notice__choices">
                <Button
                  look="plain"
                  onClick={() => {
                    reloadApp().catch(reportFault)
                  }}
                >
                  {texts.failedPart.reload}
                </Button>
                <Button onClick={retry}>{texts.failedPart.again}</Button>
              </div>
            </Notice>
          </div>
        )
      }}
    >
      {children}
    </Boundary>
  )
}
