import { reportFault } from '@parley/client/failures'
import type { ReactNode } from 'react'
import { MissingPart } from '../lib/missing-part.ts'
import { texts } from '../lib/texts.ts'
import { reloadApp } from '../lib/update.ts'
import { Boundary } from './boundary.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** Around each dialog and menu: one that cannot be loaded or shown says so, and the page beneath stays. */
export function DialogPart({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Boundary
      renderFallback={(error, retry) => {
        const { title, detail } = error instanceof MissingPart ? texts.missingPart : texts.failedPart
        return (
          <Dialog title={title} close={texts.dialog.close} onClose={onClose}>
            <div className="dialog__body">
              <p className="dialog__detail" role="alert">
                {detail}
              </p>
              <div className="dialog__choices">
                <Button
                  look="plain"
                  onClick={() => {
                    reloadApp().catch(reportFault)
                  }}
                >
                  {texts.failedPart.reload}
                </Button>
                <Button data-focus onClick={retry}>
                  {texts.failedPart.again}
                </Button>
              </div>
            </div>
          </Dialog>
        )
      }}
    >
      {children}
    </Boundary>
  )
}
