import { useState } from 'react'
import { keep, recall } from '../../lib/local-store.ts'

/** What I have begun to write in a conversation; this browser keeps it. */
export function useDraft(userId: string, conversationId: string): [string, (draft: string) => void] {
  const key = `parley:${userId}:draft:${conversationId}`
  const [draft, setDraft] = useState(() => recall(key) ?? '')
  return [
    draft,
    (next) => {
      keep(key, next)
      setDraft(next)
    }
  ]
}
