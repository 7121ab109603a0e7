import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ReactElement } from 'react'
import type { OutboxItem } from '@parley/client'
import { systemClock } from '@parley/client/clock'
import { Refusal } from '@parley/client/failures'
import { request } from '@parley/client/request'
import { problemDocument } from '@parley/contract/problem-details'
import type { Problem } from '@parley/contract/problems'
import { everyProblem } from '../fixtures/problems.ts'
import { openDialogs } from './dialogs.ts'
import { jane, modelServer } from './model-server.ts'
import { failureText } from '../../web/src/lib/problem-texts.ts'
import { AccessPage } from '../../web/src/features/access/access-page.tsx'
import { DevelopmentLogin } from '../../web/src/features/access/development-login.tsx'
import { FailedChanges } from '../../web/src/features/conversation/failed-changes.tsx'
import { FailedMessage } from '../../web/src/features/conversation/failed-message.tsx'
import { Note, useNote } from '../../web/src/features/conversation/note.tsx'
import { UnsentMessages } from '../../web/src/features/conversation/unsent-messages.tsx'
import VersionsDialog from '../../web/src/features/conversation/versions-dialog.tsx'
import type { Writing } from '../../web/src/features/conversation/writing.ts'
import { RenameForm } from '../../web/src/features/group/rename-form.tsx'
import { PeopleSearch } from '../../web/src/features/home/people-search.tsx'
import { MessengerProvider } from '../../web/src/state/hooks/context.tsx'
import type { Messenger } from '../../web/src/state/hooks/messenger.ts'
import { Confirm } from '../../web/src/ui/confirm.tsx'

beforeAll(openDialogs)
afterEach(cleanup)

const poison = 'Zyzzyva'

/** Returns what the client throws for a refusal with poisoned English text. */
async function refusalOf(problem: Problem): Promise<Refusal> {
  const document = problemDocument(problem)
  const errors = Object.fromEntries(Object.keys(document.errors ?? { title: '' }).map((key) => [key, poison]))
  const poisoned = { ...document, title: poison, detail: poison, errors }
  const fetch = () => Promise.resolve(new Response(JSON.stringify(poisoned), { status: document.status }))
  const connection = { baseUrl: '', token: null, clock: systemClock, timeoutMs: 1_000, fetch }
  const thrown: unknown = await request(connection, { path: '/' }).catch((error: unknown) => error)
  if (!(thrown instanceof Refusal)) throw new Error('The client threw no refusal')
  return thrown
}

function messengerThat(refusal: Refusal, outbox: OutboxItem[] = []): Messenger {
  const refuse = () => Promise.reject(refusal)
  const state = { outbox }
  const messenger = {
    suggestUsernames: refuse,
    startConversation: refuse,
    messages: { versions: refuse },
    store: { getState: () => state, getInitialState: () => state, subscribe: () => () => {} }
  }
  return messenger as unknown as Messenger
}

const nothing = () => {}
const common = { clientId: 'c-1', conversationId: '7', queuedAt: '2026-01-31T12:00:00.000Z' }

/** Every place that shows a refusal: its element, and the action that causes it. */
const places: Record<string, (refusal: Refusal) => { shown: ReactElement; act?: () => void }> = {
  'the sign-in page, when it asks for the ways to sign in': (refusal) => ({
    shown: (
      <AccessPage
        loadMethods={() => Promise.reject(refusal)}
        githubAddress="/"
        expired={false}
        problem={null}
        onLogin={() => Promise.resolve()}
      />
    )
  }),
  'the development login': (refusal) => ({
    shown: <DevelopmentLogin onLogin={() => Promise.reject(refusal)} onAttempt={nothing} />,
    act: () => {
      fireEvent.change(screen.getByLabelText('Username'), { target: { value: 'john' } })
      fireEvent.submit(screen.getByLabelText('Username'))
    }
  }),
  'the search for people': (refusal) => ({
    shown: (
      <MessengerProvider messenger={messengerThat(refusal)}>
        <PeopleSearch />
      </MessengerProvider>
    ),
    act: () => {
      const field = screen.getByRole('combobox')
      fireEvent.change(field, { target: { value: 'jill' } })
      fireEvent.keyDown(field, { key: 'Enter' })
    }
  }),
  'the form that renames a group': (refusal) => ({
    shown: <RenameForm title="Friends" onRename={() => Promise.reject(refusal)} onClose={nothing} />,
    act: () => {
      fireEvent.change(screen.getByRole('textbox'), { target: { value: 'Old friends' } })
      fireEvent.submit(screen.getByRole('textbox'))
    }
  }),
  'a confirmation': (refusal) => ({
    shown: (
      <Confirm
        title="Leave?"
        detail=""
        action="Leave"
        cancel="Cancel"
        close="Close"
        onConfirm={() => Promise.reject(refusal)}
        onClose={nothing}
      />
    ),
    act: () => fireEvent.click(screen.getByText('Leave'))
  }),
  'the versions of a message': (refusal) => ({
    shown: (
      <MessengerProvider messenger={messengerThat(refusal)}>
        <VersionsDialog message={modelServer().send('7', jane)!} onClose={nothing} />
      </MessengerProvider>
    )
  }),
  'a note': (refusal) => ({
    shown: <NoteOf refusal={refusal} />,
    act: () => fireEvent.click(screen.getByText('Fail'))
  }),
  'a message that was refused': (refusal) => ({
    shown: <FailedMessage problem={refusal.toJSON()} onRetry={nothing} onEdit={nothing} onDiscard={nothing} />
  }),
  'a change that was refused': (refusal) => {
    const edit: OutboxItem = {
      ...common,
      kind: 'edit',
      messageId: '1',
      content: 'hello',
      version: 1,
      problem: refusal.toJSON()
    }
    return {
      shown: (
        <MessengerProvider messenger={messengerThat(refusal, [edit])}>
          <FailedChanges writing={{ conversationId: '7' } as Writing} />
        </MessengerProvider>
      )
    }
  },
  'what was not sent in a conversation that was left': (refusal) => {
    const send: OutboxItem = { ...common, kind: 'send', content: 'hello', problem: refusal.toJSON() }
    return {
      shown: (
        <MessengerProvider messenger={messengerThat(refusal, [send])}>
          <UnsentMessages conversationId="7" />
        </MessengerProvider>
      )
    }
  }
}

function NoteOf({ refusal }: { refusal: Refusal }) {
  const { note, fail } = useNote()
  return (
    <>
      <button onClick={() => fail(refusal)}>Fail</button>
      <Note note={note} />
    </>
  )
}

describe('a refusal', () => {
  it.each(Object.keys(places))("shows the app's sentence and never the server's, in %s", async (name) => {
    for (const problem of everyProblem) {
      const refusal = await refusalOf(problem)
      expect(refusal.message).toBe(poison)
      const { shown, act = nothing } = places[name]!(refusal)
      render(shown)
      act()
      await waitFor(() => expect(document.body.textContent).toContain(failureText(refusal)))
      expect(document.body.outerHTML).not.toContain(poison)
      cleanup()
    }
  })
})
