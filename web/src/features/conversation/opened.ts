import { useEffect, useEffectEvent, useState } from 'react'
import { receiptsMax } from '@parley/contract/limits'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { nameOf } from '../../state/model/entries.ts'

/** A conversation on the screen, fetched and kept current for as long as it is there. */
export function useOpened(id: string) {
  const messenger = useMessenger()
  const entry = useMessengerState(({ entries }) => entries[id])
  const history = useMessengerState(({ histories }) => histories[id])
  const participants = useMessengerState(({ participants }) => participants[id])
  const [refused, setRefused] = useState(false)
  // What it was called while it was mine.
  const [title, setTitle] = useState<string | null>(null)
  const name = entry ? nameOf(entry) : null
  if (name !== null && name !== title) setTitle(name)
  const gone = entry === undefined && title !== null

  // Also when it comes back to me while I look.
  const closed = history === undefined && !gone
  const open = useEffectEvent(() => {
    messenger.openConversation(id).then(
      () => setRefused(false),
      () => setRefused(true)
    )
  })
  useEffect(() => {
    open()
    return () => messenger.closeConversation(id)
  }, [messenger, id])
  useEffect(() => {
    if (closed) open()
  }, [closed])

  const wanted = participants === undefined && entry !== undefined && entry.participantCount <= receiptsMax
  useEffect(() => {
    // Without them there are no receipts.
    if (wanted) messenger.groups.loadParticipants(id).catch(() => {})
  }, [messenger, id, wanted])

  return { entry, history, participants, missing: gone || refused ? { title } : null }
}
