import { useEffect, useRef, useState } from 'react'
import type { LoginMethods } from '@parley/contract/sign-in'
import { Problem } from '@parley/contract/problems'
import { t } from '@lingui/core/macro'
import { appName } from '../../lib/app-name.ts'
import { useFocusAfterSwitch } from '../../lib/locale-focus.ts'
import { failureText, problemText } from '../../lib/problem-texts.ts'
import { untilAnswered } from '../../lib/retries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { GithubMark } from '../../ui/icon.tsx'
import { LanguageField } from '../../ui/language-field.tsx'
import { Logo } from '../../ui/logo.tsx'
import { DevelopmentLogin } from './development-login.tsx'
import styles from './access-page.module.css'

type AccessPageProps = {
  /** Throws what the client throws. */
  loadMethods: (signal: AbortSignal) => Promise<LoginMethods>
  githubAddress: string
  /** Whether a session has ended that the person did not sign out of. */
  expired: boolean
  /** The code of a problem that a sign-in elsewhere ended with; null without one. */
  problem: string | null
  onLogin: (username: string) => Promise<void>
}

/** The sign-in page. It offers the ways to sign in as soon as the server names them. */
export function AccessPage({ loadMethods, githubAddress, expired, problem, onLogin }: AccessPageProps) {
  const language = useRef<HTMLSelectElement>(null)
  useFocusAfterSwitch(language)
  const { methods, unavailable } = useMethods(loadMethods)
  const [failure, setFailure] = useState<string | null>(problem && problemText({ code: problem }))
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo size={56} />
        <h1 className={styles.name}>{appName}</h1>
        <p className={styles.tagline}>
          {expired
            ? t`Your session has expired. Sign in again to continue where you left off.`
            : t`Talk with your people, on a server of your own.`}
        </p>
        <p className={styles.problem} role="alert">
          {failure ?? unavailable}
        </p>
        {methods?.github && (
          <a className={buttonClass('plain', styles.github)} href={githubAddress}>
            <GithubMark />
            {t`Continue with GitHub`}
          </a>
        )}
        {methods?.github && methods.development && (
          <p className={styles.or}>{t({ message: 'or', context: 'between two ways to sign in' })}</p>
        )}
        {methods?.development && <DevelopmentLogin onLogin={onLogin} onAttempt={() => setFailure(null)} />}
        {methods && !methods.github && !methods.development && (
          <p
            className={styles.tagline}
          >{t`Sign-in isn’t set up on this server. Its administrator can add GitHub in the settings.`}</p>
        )}
        <LanguageField field={language} />
      </div>
    </main>
  )
}

/** Asks for the ways to sign in until the server answers; meanwhile says why there are none. */
function useMethods(loadMethods: AccessPageProps['loadMethods']) {
  const [methods, setMethods] = useState<LoginMethods | null>(null)
  const [unavailable, setUnavailable] = useState<string | null>(null)
  const load = useRef(loadMethods)
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const ask = () =>
      load.current(signal).catch((error: unknown) => {
        const text =
          error instanceof Problem
            ? failureText(error)
            : t`The server can’t be reached. Parley retries automatically.`
        if (!signal.aborted) setUnavailable(text)
        throw error
      })
    const show = async () => {
      setMethods(await untilAnswered(ask, signal))
      setUnavailable(null)
    }
    // A refusal is on the screen.
    show().catch(() => {})
    return () => leaving.abort()
  }, [])
  return { methods, unavailable }
}
