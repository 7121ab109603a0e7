import { reportFault } from '@parley/client/failures'
import { useStore } from 'zustand'
import { texts } from '../../lib/texts.ts'
import { trouble } from '../../lib/trouble.ts'
import { reloadApp, update } from '../../lib/update.ts'
import { Banner } from './banner.tsx'

/** Says at the top of the page that the app has failed, or that a newer version is ready. */
export function ReloadBanner() {
  const failed = useStore(trouble, ({ failed }) => failed)
  const ready = useStore(update, ({ ready }) => ready)
  const news = ready ? texts.status.newVersion : null
  return (
    <Banner
      text={failed ? texts.status.failed : news}
      action={texts.status.reload}
      calm={!failed}
      onAction={() => {
        reloadApp().catch(reportFault)
      }}
    />
  )
}
