import { reportFault } from '@parley/client/failures'
import { useStore } from 'zustand'
import { t } from '@lingui/core/macro'
import { trouble } from '../../lib/trouble.ts'
import { reloadApp, update } from '../../lib/update.ts'
import { Banner } from './banner.tsx'

/** Says at the top of the page that the app has failed, or that a newer version is ready. */
export function ReloadBanner() {
  const failed = useStore(trouble, ({ failed }) => failed)
  const ready = useStore(update, ({ ready }) => ready)
  const news = ready ? t`A new version of Parley is ready.` : null
  return (
    <Banner
      text={failed ? t`Something went wrong. Reload the page to continue.` : news}
      action={t`Reload`}
      calm={!failed}
      onAction={() => {
        reloadApp().catch(reportFault)
      }}
    />
  )
}
