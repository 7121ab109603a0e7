import { reportFault } from '@parley/client/failures'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { Message } from '@parley/contract/messages'
import { t } from '@lingui/core/macro'
import { asWritten, fieldDir } from '../../lib/bidi.ts'
import { typed } from '../../lib/keys.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { listedEntries, nameOf } from '../../state/model/entries.ts'
import dialogStyles from '../../ui/dialog.module.css'
import fieldStyles from '../../ui/field.module.css'
import choiceStyles from './choices.module.css'

/** Chooses where a message is passed on to, and leads there. */
export default function ForwardDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const messenger = useMessenger()
  const [, navigate] = useLocation()
  const entries = useMessengerState(({ entries }) => entries)
  const listedDownTo = useMessengerState(({ listedDownTo }) => listedDownTo)
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const fitting = listedEntries(entries, listedDownTo).filter((entry) =>
    nameOf(entry).toLowerCase().includes(wanted)
  )

  async function forward(id: string) {
    const { id: messageId, sender, forwardedFrom = sender, content } = message
    await messenger.outbox.send(id, content, { forwardOf: { id: messageId, sender: forwardedFrom } })
    onClose()
    navigate(`/conversations/${id}`)
  }

  return (
    <Dialog title={t`Forward to…`} close={t`Close`} onClose={onClose}>
      <div className={dialogStyles.body}>
        <input
          className={fieldStyles.field}
          type="search"
          data-focus
          aria-label={t`Find a conversation`}
          placeholder={t`Find a conversation`}
          dir={fieldDir(search)}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) =>
            typed(event, ({ key }) => {
              const [only, ...others] = fitting
              if (key === 'Enter' && wanted !== '' && only && others.length === 0)
                forward(only.id).catch(reportFault)
            })
          }
        />
        <ul className={choiceStyles.list}>
          {fitting.map((entry) => (
            <li key={entry.id}>
              <button
                type="button"
                className={choiceStyles.one}
                onClick={() => {
                  forward(entry.id).catch(reportFault)
                }}
              >
                <Avatar
                  name={nameOf(entry)}
                  url={entry.otherParticipant?.avatarURL ?? null}
                  size="small"
                  groupId={entry.kind === 'group' ? entry.id : null}
                />
                <span {...asWritten}>{nameOf(entry)}</span>
              </button>
            </li>
          ))}
        </ul>
        {fitting.length === 0 && <p className={dialogStyles.detail}>{t`No conversations found`}</p>}
        {listedDownTo !== null && (
          <Button
            look="quiet"
            onClick={() => {
              messenger.loadMoreConversations().catch(() => {})
            }}
          >
            {t`Show more conversations`}
          </Button>
        )}
      </div>
    </Dialog>
  )
}
