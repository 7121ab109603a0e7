import { reportFault } from '@parley/client/failures'
import { useId, useRef, useState, type FormEvent } from 'react'
import { t } from '@lingui/core/macro'
import { classNames } from '../../lib/class-names.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { Button } from '../../ui/button.tsx'
import fieldStyles from '../../ui/field.module.css'
import styles from './development-login.module.css'

/** Signing in by a name alone, where the server allows it. */
export function DevelopmentLogin({
  onLogin,
  onAttempt
}: {
  onLogin: (username: string) => Promise<void>
  onAttempt: () => void
}) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function submit(event: FormEvent) {
    event.preventDefault()
    const username = field.current?.value.trim() ?? ''
    onAttempt()
    if (username === '') {
      setFailure(t`Enter your username.`)
      return field.current?.focus()
    }
    setBusy(true)
    try {
      await onLogin(username)
    } catch (error) {
      setFailure(failureText(error))
      field.current?.focus()
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        submit(event).catch(reportFault)
      }}
      noValidate
    >
      <label htmlFor={id}>{t`Username`}</label>
      <input
        id={id}
        ref={field}
        className={fieldStyles.field}
        name="username"
        dir="auto"
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
        aria-invalid={failure !== null}
        aria-describedby={`${id}-hint`}
        onChange={() => setFailure(null)}
      />
      <p
        id={`${id}-hint`}
        className={classNames(styles.hint, failure && styles.failed)}
        role={failure ? 'alert' : undefined}
      >
        {failure ?? t`On this computer you can sign in without a password. Try john or jane.`}
      </p>
      <Button type="submit" disabled={busy}>
        {busy ? t`Signing in…` : t`Sign in`}
      </Button>
    </form>
  )
}
