import { expect, it, vi } from 'vitest'
import { Refusal, type Client } from '@parley/client'
import { personalPageMaxBytes, personalPageSize } from '@parley/contract/limits'
import type { PersonalValue } from '@parley/contract/personal-state'
import { followUp } from '../../web/src/state/hooks/follow-up.ts'
import { personalValue, withPersonal } from '../../web/src/state/model/personal.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { initialState, type Action, type State } from '../../web/src/state/model/state.ts'
import { fetchPersonal } from '../../web/src/state/sync/snapshot.ts'
import { john } from './model-server.ts'

const draft = (
  version: number,
  value: unknown = { text: `version ${version}` },
  key = '7'
): PersonalValue => ({
  kind: 'draft',
  key,
  version,
  value
})
const signal = new AbortController().signal

it('of two versions of a personal value the greater one holds, and a deleted one stays deleted', () => {
  let personal: State['personal'] = {}
  for (const version of [1, 3, 2]) personal = withPersonal(personal, draft(version))
  expect(personalValue({ personal }, 'draft', '7')).toEqual(draft(3))
  personal = withPersonal(personal, draft(4, null))
  personal = withPersonal(personal, draft(3))
  expect(personalValue({ personal }, 'draft', '7')).toEqual(draft(4, null))
  expect(personalValue({ personal }, 'draft', '8')).toEqual(draft(0, null, '8'))
})

it.each([
  ['none', 0, '', 1],
  ['few', 3, '', 1],
  ['as many as a page has', 100, '', 2],
  ['many', 250, '', 3],
  ['large ones', 20, 'x'.repeat(60_000), 4]
])('all values are fetched, without a request too many: %s', async (_name, count, text, requests) => {
  const all = Array.from({ length: count }, (_, i) => draft(1, { text }, String(i)))
  /** Pages end as the server ends them. */
  const personalState = vi.fn<Client['personalState']>((options) => {
    const from = options?.after ? Number(options.after.key) + 1 : 0
    const perPage = text === '' ? personalPageSize : Math.floor(personalPageMaxBytes / text.length)
    return Promise.resolve({ data: all.slice(from, from + perPage), cursor: null })
  })
  expect(await fetchPersonal({ personalState } as unknown as Client, signal)).toEqual(all)
  expect(personalState).toHaveBeenCalledTimes(requests)
})

it('a server of the version before has no personal values', async () => {
  const older = { personalState: () => Promise.reject(new Refusal(404, { code: 'not_found' })) }
  expect(await fetchPersonal(older as unknown as Client, signal)).toBeNull()
})

it('P2: the value that an older node leaves out of its event is fetched', async () => {
  const personalState = vi
    .fn()
    .mockResolvedValueOnce({ data: [draft(2)], cursor: null })
    .mockResolvedValue({ data: [], cursor: null })
  let state = initialState(john)
  const fetched: Promise<unknown>[] = []
  const context = {
    client: { personalState } as unknown as Client,
    state: () => state,
    dispatch: (action: Action) => void (state = reduce(state, action)),
    once: (_name: string, run: (signal: AbortSignal) => Promise<void>) => {
      const running = run(signal)
      fetched.push(running)
      return running
    },
    ask: vi.fn()
  }
  const { value: _, ...reference } = draft(2)
  const event = { name: 'personal_state_changed' as const, data: reference as PersonalValue }
  state = reduce(state, { type: 'event_arrived', event, cursor: { epoch: 'e', seq: 1 } })
  expect(state.personal).toEqual({})
  followUp(context, event)
  await Promise.all(fetched)
  expect(personalValue(state, 'draft', '7')).toEqual(draft(2))
  // One that has its value asks for nothing.
  followUp(context, { name: 'personal_state_changed', data: draft(3, null) })
  expect(fetched).toHaveLength(1)
})
