import '../ui/base.css'
import { reportFault } from '@parley/client/failures'
import { Fragment, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { useStore } from 'zustand'
import { createClient } from '@parley/client'
import { guardCompositions } from '../lib/keys.ts'
import { followOtherTabs, shownLocale, startLocale } from '../lib/locale.ts'
import { ReloadBanner } from '../features/status/reload-banner.tsx'
import { noteServerTime } from '../lib/now.ts'
import { surviveTranslation } from '../lib/page-translation.ts'
import { watchForUpdates } from '../lib/update.ts'
import { PanePart } from '../ui/pane-part.tsx'
import { App } from './app.tsx'
import { Session } from './session.ts'
import { SessionContext } from './session-context.tsx'

const session = new Session(createClient({ session: 'cookie', onServerTime: noteServerTime }))
session.start().catch(reportFault)
guardCompositions()
surviveTranslation()

const problem = takeProblem()
followOtherTabs()
startLocale()
  .then(() =>
    createRoot(document.getElementById('root')!).render(
      <StrictMode>
        <SessionContext value={session}>
          <Page />
        </SessionContext>
      </StrictMode>
    )
  )
  .catch(reportFault)

/** The whole page; it renders again when its language changes. */
function Page() {
  const { locale } = useStore(shownLocale)
  return (
    <Fragment key={locale}>
      <ReloadBanner />
      <PanePart level={1}>
        <App problem={problem} />
      </PanePart>
    </Fragment>
  )
}

// Absent where a page was not loaded over TLS. While developing, every file comes from Vite.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => {
    watchForUpdates().catch(() => {})
  })
}

/** Takes `?problem=` out of the address: a reload shall not tell it again. */
function takeProblem(): string | null {
  const problem = new URLSearchParams(location.search).get('problem')
  if (problem !== null) history.replaceState(null, '', location.pathname)
  return problem
}
