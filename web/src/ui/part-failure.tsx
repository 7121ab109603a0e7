import { reportFault } from '@parley/client/failures'
import { MissingPart } from '../lib/missing-part.ts'
import { texts } from '../lib/texts.ts'
import { reloadApp, update } from '../lib/update.ts'
import { Button } from './button.tsx'

function reloadNow(): void {
  reloadApp().catch(reportFault)
}

/** Whether only a reload helps: the part belongs to another version. */
const isOutdated = (error: unknown) => error instanceof MissingPart && update.getState().ready

/** What to say about a part of the page that could not be shown. */
export function failureTexts(error: unknown): { title: string; detail: string } {
  if (!(error instanceof MissingPart)) return texts.failedPart
  const { title, detail, outdated } = texts.missingPart
  return { title, detail: isOutdated(error) ? outdated : detail }
}

/** Reload, or try again where that may help. */
export function FailureChoices({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { reload, again } = texts.failedPart
  if (isOutdated(error)) {
    return (
      <Button data-focus onClick={reloadNow}>
        {reload}
      </Button>
    )
  }
  return (
    <>
      <Button look="plain" onClick={reloadNow}>
        {reload}
      </Button>
      <Button data-focus onClick={onRetry}>
        {again}
      </Button>
    </>
  )
}
