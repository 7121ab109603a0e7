import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { Redirect, Route, Router, Switch } from 'wouter'
import { t } from '@lingui/core/macro'
import { AccessPage } from '../features/access/access-page.tsx'
import { NotFoundPage } from '../features/not-found/not-found-page.tsx'
import { navigateOver } from '../lib/overlays.ts'
import { MessengerProvider } from '../state/hooks/context.tsx'
import { Button } from '../ui/button.tsx'
import { Logo } from '../ui/logo.tsx'
import { Notice } from '../ui/notice.tsx'
import { Page } from '../ui/page.tsx'
import { pathAfterSignIn, returnPath } from './return-path.ts'
import { useSession, useSessionState } from './session-context.tsx'
import { Shell } from './shell.tsx'

/** Every address of the app. `problem` is the code that a sign-in elsewhere ended with. */
export function App({ problem }: { problem: string | null }) {
  return (
    <Router aroundNav={navigateOver}>
      <Switch>
        <Route path="/">
          <Gate openId={null} problem={problem} />
        </Route>
        <Route path="/conversations/:id">{({ id }) => <Gate openId={id} problem={problem} />}</Route>
        {/* The cookie is set by now. A token in this address is meant for other clients: it leaves the address unread. */}
        <Route path="/callback">
          <Redirect to={pathAfterSignIn()} replace />
        </Route>
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </Router>
  )
}

/** The app for the signed-in user, or the sign-in page. */
function Gate({ openId, problem: given }: { openId: string | null; problem: string | null }) {
  const session = useSession()
  const state = useSessionState()
  const [problem, setProblem] = useState(given)
  // Show no notice to a user who has signed in since.
  if (state.status === 'signed_in' && problem !== null) setProblem(null)
  if (state.status === 'signed_in') {
    return (
      <MessengerProvider messenger={state.messenger}>
        <Shell openId={openId} onSignOut={() => session.signOut()} />
      </MessengerProvider>
    )
  }
  if (state.status === 'signed_out') {
    return (
      <AccessPage
        loadMethods={(signal) => session.loginMethods(signal)}
        githubAddress={session.client.githubAddress(returnPath())}
        expired={state.expired}
        problem={problem}
        onLogin={(username) => session.login(username)}
      />
    )
  }
  if (state.status === 'starting') return <Page aria-busy="true" aria-label={t`Loading`} />
  return (
    <Page>
      <Notice
        title={t`Parley can’t be reached`}
        detail={t`Your network or the server may be down. Parley retries automatically.`}
        picture={<Logo size={56} />}
      >
        <Button
          onClick={() => {
            session.start().catch(reportFault)
          }}
        >
          {t`Try again now`}
        </Button>
      </Notice>
    </Page>
  )
}
