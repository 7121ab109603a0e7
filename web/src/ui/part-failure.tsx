import { reportFault } from '@parley/client/failures'
import { t } from '@lingui/core/macro'
import { MissingPart } from '../lib/missing-part.ts'
import { reloadApp, update } from '../lib/update.ts'
import { Button } from './button.tsx'

function reloadNow(): void {
  reloadApp().catch(reportFault)
}

/** Whether only a reload helps: the part belongs to another version. */
const isOutdated = (error: unknown) => error instanceof MissingPart && update.getState().ready

/** What to say about a part of the page that could not be shown. */
export function failureTexts(error: unknown): { title: string; detail: string } {
  if (!(error instanceof MissingPart)) {
    return {
      title: t`Something went wrong`,
      detail: t`This part of the page couldn’t be shown. Try again, or reload the page.`
    }
  }
  return {
    title: t`This part isn’t available`,
    detail: isOutdated(error)
      ? t`Parley was updated. Reload the page to use this part.`
      : t`It couldn’t be loaded. Check your connection, then try again.`
  }
}

/** Reload, or try again where that may help. */
export function FailureChoices({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (isOutdated(error)) {
    return (
      <Button data-focus onClick={reloadNow}>
        {t`Reload`}
      </Button>
    )
  }
  return (
    <>
      <Button look="plain" onClick={reloadNow}>
        {t`Reload`}
      </Button>
      <Button data-focus onClick={onRetry}>
        {t`Try again`}
      </Button>
    </>
  )
}
