import { useEffect, useState } from 'react'
import type { LoginMethods } from '@parley/contract/entities'
import type { Client } from '@parley/client'
import { problemOf, problemText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { GithubMark } from '../../ui/icon.tsx'
import { Logo } from '../../ui/logo.tsx'
import { DevelopmentLogin } from './development-login.tsx'
import './access.css'

type AccessPageProps = {
  client: Pick<Client, 'loginMethods' | 'githubAddress'>
  /** The code of a problem that a sign-in elsewhere ended with; null without one. */
  problem: string | null
  onLogin: (username: string) => Promise<void>
}

/** Where whoever is not signed in arrives. */
export function AccessPage({ client, problem, onLogin }: AccessPageProps) {
  const [methods, setMethods] = useState<LoginMethods | null>(null)
  const [failure, setFailure] = useState<string | null>(problem && problemText({ code: problem }))

  useEffect(() => {
    const leaving = new AbortController()
    client.loginMethods({ signal: leaving.signal }).then(setMethods, (error: unknown) => {
      if (!leaving.signal.aborted) setFailure(problemText(problemOf(error)))
    })
    return () => leaving.abort()
  }, [client])

  return (
    <main className="access">
      <div className="access__card">
        <Logo size={56} />
        <h1 className="access__name">{texts.appName}</h1>
        <p className="access__tagline">{texts.tagline}</p>
        <p className="access__problem" role="alert">
          {failure}
        </p>
        {methods?.github && (
          <a className="button button--plain access__github" href={client.githubAddress()}>
            <GithubMark />
            {texts.access.github}
          </a>
        )}
        {methods?.github && methods.development && <p className="access__or">{texts.access.or}</p>}
        {methods?.development && <DevelopmentLogin onLogin={onLogin} onAttempt={() => setFailure(null)} />}
        {methods && !methods.github && !methods.development && (
          <p className="access__tagline">{texts.access.none}</p>
        )}
      </div>
    </main>
  )
}
