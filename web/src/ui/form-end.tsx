import { t } from '@lingui/core/macro'
import { Button } from './button.tsx'
import styles from './dialog.module.css'

/** How a form ends: what went wrong with it, the way out, and the button that sends it. */
export function FormEnd({
  failure,
  submit,
  busy = false,
  onCancel
}: {
  failure: string | null
  submit: string
  busy?: boolean
  onCancel: () => void
}) {
  return (
    <>
      {failure && (
        <p className={styles.failure} role="alert">
          {failure}
        </p>
      )}
      <div className={styles.choices}>
        <Button look="plain" onClick={onCancel}>
          {t`Cancel`}
        </Button>
        <Button type="submit" disabled={busy}>
          {submit}
        </Button>
      </div>
    </>
  )
}
