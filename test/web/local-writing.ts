import { writingIn } from '../../web/src/features/conversation/writing.ts'
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import { emptyDraft, type Draft } from '../../web/src/state/model/draft.ts'
import type { Messenger } from '../../web/src/state/hooks/messenger.ts'
import { initialState } from '../../web/src/state/model/state.ts'
import { john } from './model-server.ts'

export type Saves = {
  send?: (content: string, extras: object) => Promise<void>
  edit?: (id: string, content: string, version: number) => Promise<void>
}

/** Renders john's composer in conversation 7 with `draft`; `saves` is his outbox. */
export function localWriting(saves: Saves = {}, draft: Draft = emptyDraft) {
  localStorage.clear()
  const drafts = openDrafts(john.id)
  drafts.set('7', draft)
  const outbox = {
    send: (_id: string, content: string, extras: object) =>
      saves.send?.(content, extras) ?? Promise.resolve(),
    edit: ({ id }: { id: string }, content: string, version: number) =>
      saves.edit?.(id, content, version) ?? Promise.resolve()
  } as unknown as Messenger['outbox']
  const store = { getState: () => initialState(john) } as Messenger['store']
  return { drafts, writing: writingIn({ drafts, outbox, store }, '7') }
}
