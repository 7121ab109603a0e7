import { useEffect, useRef } from 'react'
import { t } from '@lingui/core/macro'
import { ConversationPage } from '../features/conversation/conversation-page.tsx'
import { HomePane } from '../features/home/home-pane.tsx'
import { Announcer } from '../features/status/announcer.tsx'
import { ConnectionBanner } from '../features/status/connection-banner.tsx'
import { classNames } from '../lib/class-names.ts'
import { DialogPart } from '../ui/dialog-part.tsx'
import { lazyDialog } from '../ui/lazy-dialog.tsx'
import { Logo } from '../ui/logo.tsx'
import { Notice } from '../ui/notice.tsx'
import { PanePart } from '../ui/pane-part.tsx'
import { useTitle } from './title.ts'
import styles from './shell.module.css'

const GroupPanel = lazyDialog(
  () => t`Group`,
  () => import('../features/group/group-panel.tsx'),
  'panel'
)

/** The app of the signed-in user: list and conversation side by side, or one at a time on a phone. */
export function Shell({ openId, onSignOut }: { openId: string | null; onSignOut: () => Promise<void> }) {
  useTitle()
  useReturn(openId)
  return (
    <main className={classNames(styles.shell, openId !== null && styles.open)}>
      <ConnectionBanner />
      <div className={styles.panes}>
        <div className={styles.home}>
          <PanePart>
            <HomePane openId={openId} onSignOut={onSignOut} />
          </PanePart>
        </div>
        <div className={styles.conversation}>
          {openId === null ? (
            <Notice
              level={2}
              title={t`No conversation selected`}
              detail={t`Select a conversation, or enter a username to start a new one.`}
              picture={<Logo size={72} />}
            />
          ) : (
            <PanePart key={openId}>
              <ConversationPage
                id={openId}
                renderDetails={(close) => (
                  <DialogPart onClose={close}>
                    <GroupPanel id={openId} onClose={close} />
                  </DialogPart>
                )}
              />
            </PanePart>
          )}
        </div>
      </div>
      <Announcer />
    </main>
  )
}

/** Back in the list, the focus is where it came from. */
function useReturn(openId: string | null): void {
  const before = useRef(openId)
  useEffect(() => {
    const from = before.current
    before.current = openId
    if (openId !== null || from === null) return
    document.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(from)}"]`)?.focus()
  }, [openId])
}
