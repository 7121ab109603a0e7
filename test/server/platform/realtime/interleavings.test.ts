import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sendOf, startPair } from '../../../fixtures/people.ts'
import { boundsOf } from '../../../fixtures/logs.ts'
import { modelWorld, sessions, users } from './model-world.ts'
import { openHub, type Listener } from './socket-pair.ts'

type Step =
  | { does: 'connect' | 'cut' | 'read'; who: number; bytes: number }
  | { does: 'publish'; to: number[]; count: number; how: 'here' | 'later' | 'elsewhere' | 'untold' }
  | { does: 'happen'; picks: number[] }
  | { does: 'signal'; to: number[]; how: 'here' | 'elsewhere' }
  | { does: 'revoke'; session: number }
  | { does: 'prune'; user: number; keep: number }
  | { does: 'fail' | 'sweep' }

const who = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constantFrom('connect' as const, 'cut' as const, 'read' as const, 'read' as const),
      who,
      bytes: fc.integer({ min: 1, max: 1_500 })
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('publish' as const),
      to: fc.subarray(users, { minLength: 1 }),
      count: fc.integer({ min: 1, max: 8 }),
      how: fc.constantFrom(
        'here' as const,
        'here' as const,
        'later' as const,
        'elsewhere' as const,
        'untold' as const
      )
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('signal' as const),
      to: fc.subarray(users, { minLength: 1 }),
      how: fc.constantFrom('here' as const, 'elsewhere' as const)
    })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('happen' as const),
      picks: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('revoke' as const), session: fc.constantFrom(...sessions) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('prune' as const),
      user: fc.constantFrom(...users),
      keep: fc.nat(10)
    })
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('fail' as const, 'sweep' as const) }) }
)

async function run(steps: Step[]): Promise<void> {
  const world = modelWorld()
  const { hub, model, readers, revoked } = world
  for (const step of steps) {
    if (step.does === 'connect') world.connect(readers[step.who]!)
    if (step.does === 'cut') readers[step.who]!.cut()
    if (step.does === 'read') readers[step.who]!.read(step.bytes)
    if (step.does === 'publish') for (let n = 0; n < step.count; n++) world.publish(step.to, step.how)
    if (step.does === 'signal') world.signal(step.to, step.how)
    if (step.does === 'revoke') world.revoke(step.session)
    if (step.does === 'prune') model.prune(step.user, step.keep)
    if (step.does === 'fail') model.failNextRead()
    if (step.does === 'sweep') void hub.sweep().catch(() => {})
    if (step.does === 'happen') for (const pick of step.picks) await world.step(pick)
  }
  // Permitted readers reconnect and catch up. Only an event without any notice needs the sweep.
  const untold = steps.some((step) => step.does === 'publish' && step.how === 'untold')
  const behind = () =>
    readers.filter((reader) => !revoked.has(reader.sessionId) && reader.seq !== model.headOf(reader.userId))
  for (let rounds = 0; rounds < 200 && (behind().length > 0 || world.waiting > 0); rounds++) {
    for (const reader of behind()) if (!reader.socket) world.connect(reader)
    if (untold) void hub.sweep().catch(() => {})
    do await world.step(rounds)
    while (world.waiting > 0)
    for (const reader of readers) reader.read(100_000)
  }
  expect(behind()).toEqual([])
  for (let rounds = 0; rounds < 3; rounds++) {
    for (const reader of readers) if (!revoked.has(reader.sessionId)) reader.read(100_000)
    do await world.step(0)
    while (world.waiting > 0)
  }
  // The latest presence of a user reaches every stream that was open at the time and still is.
  for (const { signal, owed, socket, sessionId } of readers) {
    if (socket && !revoked.has(sessionId)) expect(signal).toBe(owed)
  }
  for (const reader of readers) if (revoked.has(reader.sessionId)) reader.read(100_000)
  while (world.waiting > 0) await world.step(0)
  expect(hub.size).toBe(readers.filter(({ socket }) => socket !== null).length)
  for (const reader of readers) if (revoked.has(reader.sessionId)) expect(reader.socket).toBeNull()
  for (const reader of readers) reader.cut()
  while (world.waiting > 0) await world.step(0)
  expect(hub.size).toBe(0)
  hub.close()
}

test('S1, S5, G2: in thousands of interleavings of connects, publishes, signals, reads, cuts, resumes and ended sessions, each reader sees every event once, in order, none after its session, and the latest signal', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), run), { numRuns: 5_000 })
}, 60_000)

// A case that the property found.
test("G2: a signal does not overtake another one that waits for its stream's turn", () =>
  run([
    { does: 'publish', to: [10, 20], count: 6, how: 'here' },
    { does: 'connect', who: 2, bytes: 1 },
    { does: 'happen', picks: [0, 0, 0, 0, 0] },
    { does: 'signal', to: [10, 20], how: 'here' },
    { does: 'read', who: 2, bytes: 4 },
    { does: 'signal', to: [10, 20], how: 'here' }
  ]))

const anything = { bytes: 1, how: 'untold', count: 1 } as const
test('S1: a stream receives an event without a notice as soon as another stream of its user does', () =>
  run([
    { does: 'connect', who: 0, ...anything },
    { does: 'happen', picks: [0, 0, 0] },
    { does: 'publish', to: [10], ...anything },
    { does: 'connect', who: 1, ...anything }
  ]))
test('S5: nothing is written to a stream whose session ended while it was being opened and the database was unavailable', () =>
  run([
    { does: 'connect', who: 3, ...anything },
    { does: 'fail' },
    { does: 'revoke', session: 3 },
    { does: 'happen', picks: [0] }
  ]))
test('S5: nothing is written to a stream whose session ended while it found its cursor below the floor', () =>
  run([
    { does: 'connect', who: 0, ...anything },
    { does: 'happen', picks: [0] },
    { does: 'publish', to: [10, 20], ...anything },
    { does: 'happen', picks: [0, 0] },
    { does: 'prune', user: 10, keep: 0 },
    { does: 'revoke', session: 1 }
  ]))

test("S9: streams of one user that open together share one read of the log's bounds", async () => {
  const world = modelWorld()
  for (const reader of world.readers) world.connect(reader)
  for (let i = 0; i < 2; i++) await new Promise(setImmediate)
  // Three readers are jane's, one is john's.
  expect(world.model.counts.looks).toBe(2)
  world.hub.close()
})

test('N3: a cursor beyond the shared bounds is looked up again, and gets no reset', async () => {
  const world = modelWorld()
  const [early, late] = world.readers
  world.connect(early!)
  await world.step(0)
  // The bounds were read, but the answer is pending.
  await world.step(0)
  world.publish([10], 'untold')
  // Another node has sent this device an event.
  late!.seq = 1
  world.connect(late!)
  while (world.waiting > 0) await world.step(0)
  late!.read(1_000)
  expect(late).toMatchObject({ seq: 1, resets: 0 })
  expect(world.model.counts.looks).toBe(2)
  world.hub.close()
})

test('S4, N2: a frame reported after a notice of something newer is not sent, because the log may have withdrawn it', async () => {
  const world = modelWorld()
  const [early, late] = world.readers
  const untilQuiet = async () => {
    do await world.step(0)
    while (world.waiting > 0)
  }
  world.connect(early!)
  await untilQuiet()
  world.publish([10], 'later')
  world.publish([10], 'elsewhere')
  await untilQuiet()
  world.connect(late!)
  await untilQuiet()
  for (const reader of [early!, late!]) {
    reader.read(1_000)
    expect(reader).toMatchObject({ seq: 2, resets: 0 })
  }
  expect(world.hub.counts).toMatchObject({ ringPulls: 0, databasePulls: 2 })
  world.hub.close()
})

test('S1, S5: the same holds on the real store, over real sockets', async () => {
  const world = await openHub()
  const realStep = fc.record({
    send: fc.integer({ min: 0, max: 6 }),
    awaited: fc.boolean(),
    cut: fc.constantFrom(null, 1, 2),
    // Rare, so that there is something to revoke.
    revoke: fc.constantFrom(null, null, null, null, null, null, 1, 2)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(realStep, { minLength: 1, maxLength: 10, size: 'max' }), async (steps) => {
      const { john, jane, conversationId } = await startPair(world.store)
      const headNow = async () => (await boundsOf(world.store, jane.userId)).head
      const open = (sessionId: number, seq: number) =>
        world.open(jane.userId, `${world.store.epoch}-${seq}`, sessionId)
      const readers = new Map<number, { seen: number[]; stream: Listener }>()
      for (const sessionId of [1, 2]) readers.set(sessionId, { seen: [], stream: await open(sessionId, 0) })
      const sends: Promise<unknown>[] = []
      for (const { send, awaited, cut, revoke } of steps) {
        const now = Array.from({ length: send }, (_, n) =>
          world.store.send(sendOf(john.userId, conversationId, `m ${n}`))
        )
        sends.push(...now)
        if (awaited) await Promise.all(now)
        const cutReader = cut && readers.get(cut)
        if (cut && cutReader) {
          cutReader.stream.socket.destroy()
          await cutReader.stream.closed
          cutReader.seen.push(...cutReader.stream.seqs)
          cutReader.stream = await open(cut, cutReader.seen.at(-1) ?? 0)
        }
        const revoked = revoke && readers.get(revoke)
        if (revoke && revoked) {
          world.hub.limitSession({ userId: jane.userId, sessionId: revoke, expiresAt: 0 })
          const head = await headNow()
          await revoked.stream.closed
          revoked.seen.push(...revoked.stream.seqs)
          expect(revoked.seen).toEqual(Array.from({ length: revoked.seen.length }, (_, n) => n + 1))
          expect(revoked.seen.length).toBeLessThanOrEqual(head)
          readers.delete(revoke)
        }
      }
      await Promise.all(sends)
      const head = await headNow()
      for (const { seen, stream } of readers.values()) {
        await stream.until(() => (stream.seqs.at(-1) ?? seen.at(-1) ?? 0) === head)
        stream.socket.destroy()
        expect([...seen, ...stream.seqs]).toEqual(Array.from({ length: head }, (_, n) => n + 1))
      }
    }),
    { numRuns: 60 }
  )
  await world.close()
}, 60_000)
