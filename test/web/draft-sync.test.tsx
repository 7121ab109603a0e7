import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NetworkError, Refusal } from '@parley/client'
import type { PersonalValue } from '@parley/contract/personal-state'
import { createStore } from 'zustand/vanilla'
import { openDrafts } from '../../web/src/state/kept/drafts.ts'
import { emptyDraft, type Draft } from '../../web/src/state/model/draft.ts'
import { fromWire, isEmpty, toWire } from '../../web/src/state/model/draft-merge.ts'
import { reduce } from '../../web/src/state/model/reducer.ts'
import { initialState, type Action } from '../../web/src/state/model/state.ts'
import { DraftSync } from '../../web/src/state/sync/draft-sync.ts'
import { john } from './model-server.ts'

type Device = ReturnType<typeof openDevice>
type Listener = { hear(value: PersonalValue): void; close(): void }

const none = (key: string): PersonalValue => ({ kind: 'draft', key, version: 0, value: null })

/** A minimal server of one user's drafts; `devices` are notified while they are online. */
function openServer() {
  const values = new Map<string, PersonalValue>()
  const devices: Listener[] = []
  const puts: PersonalValue[] = []
  return {
    devices,
    puts,
    value: (key: string) => values.get(key) ?? none(key),
    all: () => [...values.values()].filter(({ value }) => value !== null),
    put(sent: PersonalValue): PersonalValue {
      puts.push(sent)
      const current = values.get(sent.key) ?? none(sent.key)
      if (JSON.stringify(current.value) === JSON.stringify(sent.value)) return current
      const creates = sent.version === 0 && current.value === null
      if (sent.version !== current.version && !creates)
        throw new Refusal(409, { code: 'version_conflict', current })
      const value = { ...structuredClone(sent), version: current.version + 1 }
      values.set(sent.key, value)
      for (const device of devices) device.hear(value)
      return value
    }
  }
}

let opened = 0

/** Opens a browser of john's with its own store. */
function openDevice(server: ReturnType<typeof openServer>) {
  const drafts = openDrafts(`device-${++opened}`)
  const store = createStore(() => initialState(john))
  const dispatch = (action: Action) => store.setState((state) => reduce(state, action), true)
  const closed = new AbortController()
  let online = false
  /** Whether the next response gets lost. */
  let losesAnswer = false
  const putPersonalState = async (value: PersonalValue) => {
    await Promise.resolve()
    if (!online) throw new NetworkError('offline')
    const answer = server.put(value)
    await Promise.resolve()
    if (!losesAnswer && online) return answer
    losesAnswer = false
    throw new NetworkError('no answer')
  }
  const sync = new DraftSync({
    client: { putPersonalState },
    drafts,
    store,
    dispatch,
    stillMe: () => true,
    signal: closed.signal
  })
  const device = {
    drafts,
    sync,
    store,
    hear(value: PersonalValue) {
      if (online) dispatch({ type: 'personal_taken', value })
    },
    loseAnswer: () => void (losesAnswer = true),
    connect() {
      if (online) return
      online = true
      store.setState({
        personal: Object.fromEntries(server.all().map((each) => [`draft/${each.key}`, each]))
      })
      dispatch({ type: 'stream_changed', stream: 'complete' })
    },
    disconnect() {
      online = false
      dispatch({ type: 'stream_changed', stream: 'waiting' })
    },
    write: (text: string, key = '7') => drafts.set(key, { ...drafts.get(key), text }),
    text: (key = '7') => drafts.get(key).text,
    others: (key = '7') => drafts.get(key).others.map((part) => part.text),
    close: () => closed.abort()
  }
  server.devices.push(device)
  return device
}

const pause = () => vi.advanceTimersByTimeAsync(1_000)
const calm = () => vi.advanceTimersByTimeAsync(60_000)

let server: ReturnType<typeof openServer>
let phone: Device
let laptop: Device
beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  server = openServer()
  ;[phone, laptop] = [openDevice(server), openDevice(server)]
  for (const device of [phone, laptop]) device.connect()
})
afterEach(() => {
  for (const device of server.devices) device.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a draft', () => {
  it('P4: reaches the other device after a pause of one second, and not before', async () => {
    phone.write('hel')
    await vi.advanceTimersByTimeAsync(900)
    phone.write('hello')
    await vi.advanceTimersByTimeAsync(900)
    expect(server.puts).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect([laptop.text(), server.puts.length]).toEqual(['hello', 1])
    laptop.write('hello world')
    await pause()
    expect(phone.text()).toBe('hello world')
    expect([phone.others(), laptop.others()]).toEqual([[], []])
  })

  it('is saved at once when its field loses the focus', async () => {
    phone.write('hello')
    phone.sync.flush()
    await vi.advanceTimersByTimeAsync(0)
    expect(laptop.text()).toBe('hello')
  })

  it('arrives with its reply and its edit', async () => {
    const draft: Draft = {
      ...emptyDraft,
      text: 'next',
      replyTo: { id: '3', content: 'a question', sender: john },
      editing: { messageId: '4', version: 2, original: 'tpyo', text: 'typo' }
    }
    phone.drafts.set('7', draft)
    await pause()
    expect(laptop.drafts.get('7')).toEqual(draft)
  })

  it('P4: that was sent is removed from the other device at once, unless it was changed there', async () => {
    phone.write('hello')
    await pause()
    phone.write('')
    await vi.advanceTimersByTimeAsync(0)
    expect([laptop.text(), server.value('7').value]).toEqual(['', null])

    phone.write('hello')
    await pause()
    laptop.write('hello jane')
    phone.write('')
    await calm()
    expect([laptop.text(), phone.text(), laptop.others()]).toEqual(['hello jane', 'hello jane', []])
  })

  it('P4: that was sent while the other device changed it shows the change', async () => {
    phone.write('hello')
    await pause()
    phone.disconnect()
    laptop.write('hello jane')
    await pause()
    phone.write('')
    phone.connect()
    await calm()
    expect([phone.text(), laptop.text()]).toEqual(['hello jane', 'hello jane'])
  })

  it('P4: written offline on two devices keeps both texts, on both', async () => {
    for (const device of [phone, laptop]) device.disconnect()
    phone.write('from the phone')
    laptop.write('from the laptop')
    await calm()
    expect(server.puts).toEqual([])
    phone.connect()
    await calm()
    laptop.connect()
    await calm()
    for (const device of [phone, laptop]) {
      expect([device.text(), ...device.others()].toSorted()).toEqual(['from the laptop', 'from the phone'])
    }
    laptop.drafts.set('7', { ...laptop.drafts.get('7'), others: [] })
    await calm()
    expect([phone.text(), phone.others()]).toEqual(['from the laptop', []])
  })

  it('P1: does not conflict with itself after a lost answer', async () => {
    phone.loseAnswer()
    phone.write('hello')
    await calm()
    expect([phone.text(), phone.others(), laptop.text()]).toEqual(['hello', [], 'hello'])
    phone.loseAnswer()
    phone.write('hello jane')
    await pause()
    phone.write('hello jane and joe')
    await calm()
    expect([phone.text(), phone.others()]).toEqual(['hello jane and joe', []])
    phone.loseAnswer()
    phone.write('to all')
    await pause()
    phone.disconnect()
    phone.write('to all of you')
    phone.connect()
    await calm()
    expect([phone.text(), phone.others(), laptop.text()]).toEqual(['to all of you', [], 'to all of you'])
  })

  it('stays only on the device if the server has no room for it', async () => {
    phone.write('x'.repeat(70_000))
    await calm()
    expect(server.puts).toEqual([])
    phone.write('short')
    await calm()
    expect(laptop.text()).toBe('short')
  })

  it('P4: waits during typing, and arrives when the field loses the focus', async () => {
    const stop = laptop.drafts.subscribe('7', () => {})
    laptop.write('mine')
    await pause()
    laptop.drafts.hold('7', true)
    phone.write('mine and more')
    await pause()
    expect([laptop.text(), laptop.drafts.waiting('7')?.text]).toEqual(['mine', 'mine and more'])
    laptop.drafts.hold('7', false)
    expect([laptop.text(), laptop.drafts.waiting('7')]).toEqual(['mine and more', null])

    laptop.drafts.hold('7', true)
    phone.write('of the phone')
    await pause()
    laptop.write('of the laptop')
    expect([laptop.text(), laptop.others()]).toEqual(['of the laptop', ['of the phone']])
    await calm()
    expect([phone.text(), phone.others()]).toEqual(['of the laptop', ['of the phone']])
    phone.write('')
    phone.drafts.set('7', emptyDraft)
    await calm()
    // Sent elsewhere and unchanged here: removed, even though the field has the focus.
    expect([laptop.text(), laptop.others()]).toEqual(['', []])
    stop()
  })

  it('is saved again on a server restored to an older state', async () => {
    phone.write('hello')
    await pause()
    phone.write('hello jane')
    await pause()
    phone.disconnect()
    const restored = openServer()
    restored.put({ kind: 'draft', key: '7', version: 0, value: { text: 'hello' } })
    Object.assign(server, restored, { devices: server.devices })
    phone.connect()
    phone.write('hello jane and joe')
    await calm()
    expect(restored.value('7').value).toMatchObject({ text: 'hello jane and joe' })
  })
})

/** The possible steps, each with a name. */
type Step = { name: string; run: (devices: Device[]) => Promise<unknown> | void }
const device = fc.nat(2)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(device, fc.constantFrom('a', 'b', 'c', 'd')).map(([at, letter]) => ({
      name: `${at} adds ${letter}`,
      run: (all: Device[]) => all[at]!.write(all[at]!.text() + letter)
    }))
  },
  device.map((at) => ({
    name: `${at} sends`,
    run: (all: Device[]) => all[at]!.drafts.set('7', emptyDraft)
  })),
  device.map((at) => ({ name: `${at} goes`, run: (all: Device[]) => all[at]!.disconnect() })),
  device.map((at) => ({ name: `${at} comes`, run: (all: Device[]) => all[at]!.connect() })),
  device.map((at) => ({ name: `${at} loses an answer`, run: (all: Device[]) => all[at]!.loseAnswer() })),
  device.map((at) => ({ name: `${at} leaves the field`, run: (all: Device[]) => all[at]!.sync.flush() })),
  { weight: 2, arbitrary: fc.constant({ name: 'time passes', run: pause }) }
)
const steps = fc.array(
  step.map((each) => Object.assign(each, { [fc.toStringMethod]: () => each.name })),
  { maxLength: 40 }
)

describe('the drafts of all devices', () => {
  it('P4: are equal once all are online and idle, whatever happened before', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (happens) => {
        const own = openServer()
        const all = [openDevice(own), openDevice(own), openDevice(own)]
        for (const each of happens) await each.run(all)
        for (const each of all) each.connect()
        await calm()
        const before = own.puts.length
        await calm()
        expect(own.puts.length).toBe(before)
        const kept = fromWire(own.value('7').value)
        for (const each of all) expect(toWire(each.drafts.get('7'))).toEqual(toWire(kept))
        for (const each of all) each.close()
      }),
      { numRuns: 200 }
    )
  })

  it('P4: contain every text that was written while they were disconnected', async () => {
    const text = fc.constantFrom('', 'a', 'b', 'c')
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.tuple(text, text, text),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        async (first, written, order) => {
          const own = openServer()
          const all = [openDevice(own), openDevice(own), openDevice(own)]
          for (const each of all) each.connect()
          if (first !== '') all[0]!.write(first)
          await calm()
          for (const each of all) each.disconnect()
          for (const [i, each] of all.entries()) if (written[i] !== first) each.write(written[i]!)
          for (const i of order) {
            all[i]!.connect()
            await calm()
          }
          const draft = all[0]!.drafts.get('7')
          const texts = new Set([draft.text, ...draft.others.map((part) => part.text)])
          const changed = new Set(written.filter((each) => each !== first && each !== ''))
          expect([...changed].filter((each) => !texts.has(each))).toEqual([])
          if (changed.size === 0 && written.includes('')) expect(isEmpty(draft)).toBe(true)
          for (const each of all) each.close()
        }
      ),
      { numRuns: 100 }
    )
  })
})
