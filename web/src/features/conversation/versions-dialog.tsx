import { useEffect, useState } from 'react'
import type { Message, MessageVersion } from '@parley/contract/messages'
import { t } from '@lingui/core/macro'
import { asWritten } from '../../lib/bidi.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { fullTimeOf } from '../../lib/times.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useMessenger } from '../../state/hooks/context.tsx'
import dialogStyles from '../../ui/dialog.module.css'
import styles from './versions-dialog.module.css'

/** What a message said before it was edited or deleted. */
export default function VersionsDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const messenger = useMessenger()
  const [versions, setVersions] = useState<MessageVersion[] | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  useEffect(() => {
    const reading = new AbortController()
    messenger.messages.versions(message, reading.signal).then(setVersions, (error: unknown) => {
      if (!reading.signal.aborted) setFailure(failureText(error))
    })
    return () => reading.abort()
  }, [messenger, message])
  return (
    <Dialog title={t`Edit history`} close={t`Close`} onClose={onClose}>
      <div className={dialogStyles.body} aria-busy={versions === null && failure === null}>
        <p
          className={dialogStyles.detail}
        >{t`Earlier versions of this message. Only the group’s owner and admins can see them.`}</p>
        {failure && (
          <p className={dialogStyles.failure} role="alert">
            {failure}
          </p>
        )}
        {versions?.length === 0 && <p>{t`No earlier versions`}</p>}
        <ol className={styles.versions}>
          {versions?.map(({ version, content, replacedAt }) => (
            <li key={version}>
              <p className={styles.text} {...asWritten}>
                {content}
              </p>
              <p className={styles.until}>{t`Until ${{ time: fullTimeOf(replacedAt) }}`}</p>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}
