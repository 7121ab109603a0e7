import { memoryOutbox, Refusal, type Client } from '@parley/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { recall } from '../../web/src/lib/local-store.ts'
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import { initialState, type State } from '../../web/src/state/model/state.ts'
import { keepSessionAlive } from '../../web/src/state/sync/session-life.ts'
import { Tab } from '../../web/src/state/sync/tab.ts'
import { john } from './model-server.ts'

const nothing = () => {}
const busy = new Refusal(503, { code: 'draining' }, 60_000)

/** Returns a tab that leads, as every tab does without locks, and the client that opens its streams. */
function leadingTab() {
  const openEvents = vi.fn<Client['openEvents']>().mockRejectedValue(busy)
  const state: State = { ...initialState(john), cursor: { epoch: 'e', seq: 1 } }
  const tab = new Tab({
    client: { openEvents, refreshToken: () => Promise.reject(busy) } as unknown as Client,
    me: john,
    outbox: { ...memoryOutbox(), close: nothing },
    drafts: openDrafts(john.id),
    store: { getState: () => state, subscribe: () => nothing },
    dispatch: nothing,
    takeSnapshot: () => Promise.resolve(),
    apply: nothing,
    onSignal: nothing,
    onLead: nothing,
    onOutboxChanged: nothing,
    stillMe: () => true,
    onFailure: nothing,
    onSignedOut: nothing
  })
  return { tab, openEvents }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it("a visible tab respects the server's delay, until it is looked at again", async () => {
  const { tab, openEvents } = leadingTab()
  await vi.advanceTimersByTimeAsync(59_000)
  expect(openEvents).toHaveBeenCalledTimes(1)
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect(openEvents).toHaveBeenCalledTimes(2)
  tab.close()
  expect(vi.getTimerCount()).toBe(0)
})

it('a session refreshed during a sign-out leaves nothing in the browser', async () => {
  const answer = Promise.withResolvers<{ expiresAt: string }>()
  const signedOut = new AbortController()
  keepSessionAlive({ refreshToken: () => answer.promise } as unknown as Client, '1', signedOut.signal)
  signedOut.abort()
  answer.resolve({ expiresAt: '2027-01-01T00:00:00Z' })
  await vi.advanceTimersByTimeAsync(0)
  expect(recall('parley:1:session-ends')).toBeNull()
})
