import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { failureText } from '../lib/problem-texts.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import styles from './dialog.module.css'

/** Asks once more before something is done. What cannot be done says why, and can be tried again. */
export function Confirm({
  title,
  detail,
  action,
  cancel,
  close,
  danger = false,
  onConfirm,
  onClose
}: {
  title: string
  detail: string
  action: string
  cancel: string
  close: string
  danger?: boolean
  /** Throws what a request throws. */
  onConfirm: () => Promise<void>
  onClose: () => void
}) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function confirm() {
    setBusy(true)
    setFailure(null)
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setFailure(failureText(error))
      setBusy(false)
    }
  }

  return (
    <Dialog title={title} close={close} onClose={onClose}>
      <div className={styles.body}>
        <p className={styles.detail}>{detail}</p>
        {failure && (
          <p className={styles.failure} role="alert">
            {failure}
          </p>
        )}
        <div className={styles.choices}>
          <Button look="plain" onClick={onClose}>
            {cancel}
          </Button>
          <Button
            look={danger ? 'danger' : 'primary'}
            disabled={busy}
            onClick={() => {
              confirm().catch(reportFault)
            }}
          >
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
