import { sql, type RawBuilder } from 'kysely'
import { describe, expect, test } from 'vitest'
import { JobRunner, type JobFailure, type RunnerOptions } from '../../../server/platform/jobs/runner.ts'
import type { NewJob } from '../../../server/platform/jobs/enqueue-procedures.ts'
import { deadMax, type JobContext, type Queue } from '../../../server/platform/jobs/queue.ts'
import type { JobRow } from '../../../server/platform/storage/schema.ts'
import { describeStorage, openKyselyOn } from './engines.ts'

const hourMs = 3_600_000
let made = 0

/** Steps recorded by a test; waits until they satisfy a condition. */
class Steps {
  readonly seen: string[] = []
  #next = Promise.withResolvers<void>()
  record(step: string): void {
    this.seen.push(step)
    this.#next.resolve()
    this.#next = Promise.withResolvers()
  }
  async until(isDone: (seen: string[]) => boolean): Promise<string[]> {
    while (!isDone(this.seen)) await this.#next.promise
    return this.seen
  }
  untilCount(count: number): Promise<string[]> {
    return this.until((seen) => seen.length >= count)
  }
}

/** Returns a queue of the test; by default `handle` records each payload. */
function queueOf(steps: Steps, more: Partial<Queue> = {}): Queue {
  const queue = `test.${++made}`
  const handle = async (payload: unknown) => steps.record(String(payload))
  return { queue, maxAttempts: 3, leaseMs: 60_000, concurrency: 4, handle, ...more }
}

describeStorage('Jobs', (under) => {
  function run(queues: Queue[], more: Partial<RunnerOptions> = {}) {
    const failures: (JobFailure & { error: string })[] = []
    const runner = new JobRunner(under.store, queues, {
      alone: under.database.kind === 'sqlite',
      retryMs: { first: 1, max: 5 },
      onFailure: (error, job) => {
        if (job) failures.push({ ...job, error: String(error) })
      },
      ...more
    })
    under.store.onEnqueued((names) => runner.wake(names))
    runner.start()
    return { runner, failures, [Symbol.asyncDispose]: () => runner.close(5_000) }
  }
  const enqueue = (queue: Queue, ...jobs: Partial<NewJob>[]) =>
    under.store.write('enqueueJobs', {
      jobs: jobs.map((job) => ({ queue: queue.queue, key: 'one', payload: job.key ?? 'one', ...job }))
    })
  async function beside<Row>(query: RawBuilder<Row>): Promise<Row[]> {
    const db = openKyselyOn(under.database)
    try {
      return (await query.execute(db)).rows
    } finally {
      await db.destroy()
    }
  }
  const rows = ({ queue }: Queue) =>
    beside(
      sql<Pick<JobRow, 'id' | 'key' | 'run_at' | 'attempts' | 'leased_until' | 'last_error' | 'dead_at'>>`
        SELECT id, key, run_at, attempts, leased_until, last_error, dead_at FROM jobs
        WHERE queue = ${queue} ORDER BY id`
    )
  /** Shifts the queue's times, as if the database's clock had been set. */
  const moveClock = ({ queue }: Queue, ms: number) =>
    beside(sql`UPDATE jobs SET leased_until = leased_until - ${sql.lit(ms)}, run_at = run_at - ${sql.lit(ms)}
      WHERE queue = ${queue}`)
  const restore = ({ queue }: Queue) => beside(sql`UPDATE jobs SET epoch = 'before' WHERE queue = ${queue}`)
  const turn = (queue: Queue, runner: string, more: object = {}) =>
    under.store.write('turnJobs', {
      runner,
      epoch: under.store.epoch,
      alone: false,
      running: [],
      done: [],
      failed: [],
      released: [],
      recurring: [],
      wanted: [{ queue: queue.queue, limit: 10, leaseMs: 60_000, maxAttempts: 3, repeatMs: null }],
      ...more
    })

  test('J1: a job runs once after its transaction is committed, and is then deleted', async () => {
    const steps = new Steps()
    const queue = queueOf(steps)
    await using running = run([queue])
    await enqueue(queue, { key: 'john' }, { key: 'jane' })
    expect((await steps.untilCount(2)).toSorted()).toEqual(['jane', 'john'])
    await running.runner.close(5_000)
    expect(await rows(queue)).toEqual([])
    expect(steps.seen).toHaveLength(2)
  })

  test('J1: a transaction that is rolled back leaves no job', async () => {
    const queue = queueOf(new Steps())
    const tooLarge = { key: 'large', payload: 'x'.repeat(20_000) }
    await expect(enqueue(queue, { key: 'small' }, tooLarge)).rejects.toThrow(/larger than 16384 bytes/)
    await expect(enqueue(queue, { key: 'k'.repeat(201) })).rejects.toThrow(/longer than 200 characters/)
    expect(await rows(queue)).toEqual([])
  })

  test('J2: a burst of one key becomes one job, with the last payload and the earliest time', async () => {
    const queue = queueOf(new Steps())
    const soon = Date.now() + hourMs
    await enqueue(queue, { payload: 'first', runAt: soon + 2 })
    await enqueue(queue, { payload: 'second', runAt: soon })
    await enqueue(queue, { payload: 'third', runAt: soon + 1 }, { key: 'two', runAt: soon })
    expect(await rows(queue)).toMatchObject([{ key: 'one', run_at: soon }, { key: 'two' }])
    await moveClock(queue, 2 * hourMs)
    expect((await turn(queue, 'john')).leased).toMatchObject([{ payload: '"third"' }, { key: 'two' }])
  })

  test('J2: a job enqueued again while it runs runs once more, with the newer payload', async () => {
    const steps = new Steps()
    const queue = queueOf(steps, {
      async handle(payload) {
        steps.record(`begins ${String(payload)}`)
        if (payload === 'old') await steps.until((seen) => seen.includes('enqueued'))
        steps.record(`ends ${String(payload)}`)
      }
    })
    await using running = run([queue])
    await enqueue(queue, { payload: 'old' })
    await steps.untilCount(1)
    await enqueue(queue, { payload: 'newer' })
    await enqueue(queue, { payload: 'newest' })
    steps.record('enqueued')
    const seen = await steps.until((all) => all.includes('ends newest'))
    expect(seen).toEqual(['begins old', 'enqueued', 'ends old', 'begins newest', 'ends newest'])
    await running.runner.close(5_000)
    expect(await rows(queue)).toEqual([])
  })

  test('J2: a later time enqueued while a job runs neither delays nor advances it', async () => {
    const queue = queueOf(new Steps())
    await enqueue(queue, {})
    const [lease] = (await turn(queue, 'john')).leased
    const later = Date.now() + hourMs
    await enqueue(queue, { runAt: later })
    await enqueue(queue, { runAt: later + 1 })
    const done = [{ id: lease!.id, generation: lease!.generation, repeatMs: null }]
    expect((await turn(queue, 'john', { done })).leased).toEqual([])
    expect(await rows(queue)).toMatchObject([{ run_at: later, attempts: 0, leased_until: null }])
  })

  test('J3: a leased job is not leased again by any runner before its lease ends', async () => {
    const queue = queueOf(new Steps())
    await enqueue(queue, { key: 'one' }, { key: 'two' })
    expect((await turn(queue, 'john')).leased).toHaveLength(2)
    expect((await turn(queue, 'jane')).leased).toEqual([])
    expect((await turn(queue, 'john')).leased).toEqual([])
    await moveClock(queue, hourMs)
    const again = (await turn(queue, 'jane')).leased
    expect(again).toMatchObject([{ attempts: 2 }, { attempts: 2 }])
  })

  test('J3: a late acknowledgement of a lease that another runner took over changes nothing', async () => {
    const queue = queueOf(new Steps())
    await enqueue(queue, {})
    const [johns] = (await turn(queue, 'john')).leased
    await moveClock(queue, hourMs)
    const [janes] = (await turn(queue, 'jane')).leased
    const { id, generation } = johns!
    const failed = {
      id,
      generation,
      queue: queue.queue,
      error: 'late',
      delayMs: 1,
      repeatMs: null,
      isLast: true
    }
    await turn(queue, 'john', { done: [{ id, generation, repeatMs: null }] })
    await turn(queue, 'john', { done: [{ id, generation, repeatMs: 1 }] })
    await turn(queue, 'john', { failed: [failed], released: [{ id, generation }] })
    expect(await rows(queue)).toMatchObject([{ attempts: 2, dead_at: null, last_error: null }])
    expect(await under.store.write('renewJob', { id, runner: 'john', leaseMs: 1 })).toBe(false)
    await turn(queue, 'jane', { done: [{ ...janes!, repeatMs: null }] })
    expect(await rows(queue)).toEqual([])
  })

  test('J3: an acknowledgement retried after a lost answer loses no newer change', async () => {
    const queue = queueOf(new Steps())
    await enqueue(queue, {})
    const [first] = (await turn(queue, 'john')).leased
    await enqueue(queue, { payload: 'newer' })
    const done = [{ id: first!.id, generation: first!.generation, repeatMs: null }]
    // The lost answer contains the lease of the newer one.
    expect((await turn(queue, 'john', { done })).leased).toHaveLength(1)
    const [again] = (await turn(queue, 'john', { done })).leased
    expect(again).toMatchObject({ payload: '"newer"' })
  })

  test('J3: if one process owns the database, leases of an earlier one are void at once', async () => {
    const queue = queueOf(new Steps())
    await enqueue(queue, {})
    await turn(queue, 'dead')
    expect((await turn(queue, 'john', { alone: true })).leased).toHaveLength(1)
    expect((await turn(queue, 'john', { alone: true })).leased).toEqual([])
  })

  test('J3: two runners that lease at the same time share the jobs, and each job runs once', async () => {
    const steps = new Steps()
    const queue = queueOf(steps, { concurrency: 8 })
    const count = 300
    const keys = Array.from({ length: count }, (_, i) => `job ${i}`)
    await enqueue(queue, ...keys.map((key) => ({ key })))
    // On SQLite there is one process; here both are its runners, and neither voids the other's leases.
    await using johns = run([queue], { alone: false })
    await using janes = run([queue], { alone: false })
    await steps.untilCount(count)
    await Promise.all([johns.runner.close(5_000), janes.runner.close(5_000)])
    expect(steps.seen.toSorted()).toEqual(keys.toSorted())
    expect(await rows(queue)).toEqual([])
  })

  describe('a handler', () => {
    test('J4: that throws is retried with backoff, while other queues continue', async () => {
      const steps = new Steps()
      const attempts: number[] = []
      const failing = queueOf(steps, {
        maxAttempts: 5,
        async handle(_, { attempt }: JobContext) {
          attempts.push(attempt)
          if (attempt < 4) throw new Error(`attempt ${attempt}`)
          steps.record('succeeded')
        }
      })
      const other = queueOf(steps)
      await using running = run([failing, other])
      await enqueue(failing, {})
      await enqueue(other, { payload: 'other' })
      await steps.until((seen) => seen.includes('other') && seen.includes('succeeded'))
      expect(attempts).toEqual([1, 2, 3, 4])
      expect(running.failures.map(({ error }) => error)).toEqual(
        [1, 2, 3].map((nth) => `Error: attempt ${nth}`)
      )
    })

    test('J4: that always throws leaves a dead job with its error, and a new job of its key runs', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, {
        async handle(payload) {
          steps.record(String(payload))
          if (payload === 'poison') throw new Error('x'.repeat(5_000))
        }
      })
      await using running = run([queue])
      await enqueue(queue, { payload: 'poison' })
      await expect.poll(() => running.failures.at(-1)?.isLast).toBe(true)
      await expect
        .poll(() => under.store.read('countDeadJobs', {}))
        .toContainEqual({ queue: queue.queue, dead: 1 })
      expect(steps.seen).toHaveLength(3)
      const dead = await under.store.read('listDeadJobs', { queue: queue.queue, after: null, limit: 10 })
      expect(dead).toMatchObject([{ key: 'one', attempts: 3 }])
      expect(dead[0]!.error).toHaveLength(1_000)
      await enqueue(queue, { payload: 'good' })
      await steps.until((seen) => seen.includes('good'))
    })

    test('J4: that kills its process each time is dead after its last attempt', async () => {
      const queue = queueOf(new Steps())
      await enqueue(queue, {})
      for (let attempt = 1; attempt <= 3; attempt++) {
        expect((await turn(queue, `process ${attempt}`, { alone: true })).leased).toMatchObject([
          { attempts: attempt }
        ])
      }
      expect((await turn(queue, 'process 4', { alone: true })).leased).toEqual([])
      expect(await rows(queue)).toMatchObject([{ last_error: expect.stringMatching(/^No attempt ended/) }])
    })

    test('J4: enqueued during its last attempt gets its own attempts', async () => {
      const queue = queueOf(new Steps())
      await enqueue(queue, {})
      const [{ id, generation } = { id: 0, generation: 0 }] = (await turn(queue, 'john')).leased
      await enqueue(queue, { payload: 'newer' })
      const failed = {
        id,
        generation,
        queue: queue.queue,
        error: 'no',
        delayMs: 0,
        repeatMs: null,
        isLast: true
      }
      await turn(queue, 'john', { failed: [failed], wanted: [] })
      expect(await rows(queue)).toMatchObject([{ dead_at: null, attempts: 0 }])
    })

    test('J4: enqueued in a burst keeps its backoff', async () => {
      const queue = queueOf(new Steps())
      await enqueue(queue, {})
      const [{ id, generation } = { id: 0, generation: 0 }] = (await turn(queue, 'john')).leased
      const failed = {
        id,
        generation,
        queue: queue.queue,
        error: 'no',
        delayMs: hourMs,
        repeatMs: null,
        isLast: false
      }
      await turn(queue, 'john', { failed: [failed] })
      await enqueue(queue, { payload: 'newer' })
      const { leased, waitMs } = await turn(queue, 'john')
      expect(leased).toEqual([])
      expect(waitMs[queue.queue]).toBeGreaterThan(hourMs / 2)
    })

    test('J5: that takes longer than its lease is aborted, and retried once it has ended', async () => {
      const steps = new Steps()
      const gate = Promise.withResolvers<void>()
      const queue = queueOf(steps, {
        leaseMs: 50,
        async handle(_, { attempt, signal }) {
          if (attempt > 1) return steps.record('second attempt')
          signal.addEventListener('abort', () => steps.record('aborted'))
          await gate.promise
          steps.record('first attempt')
        }
      })
      await using running = run([queue], { sweepMs: 20 })
      await enqueue(queue, {})
      await steps.untilCount(1)
      await expect.poll(() => rows(queue)).toMatchObject([{ leased_until: null }])
      expect(running.failures[0]?.error).toMatch(/longer than its lease of 50 ms/)
      gate.resolve()
      await steps.until((seen) => seen.includes('second attempt'))
      expect(steps.seen).toEqual(['aborted', 'first attempt', 'second attempt'])
    })

    test('J5: that renews its lease may take longer; one that lost its lease gets an error', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, {
        leaseMs: 1_000,
        async handle(_, { renew }) {
          const [before] = await rows(queue)
          await expect
            .poll(() =>
              renew()
                .then(() => rows(queue))
                .then(([row]) => row!.leased_until! > before!.leased_until!)
            )
            .toBe(true)
          await beside(sql`UPDATE jobs SET leased_by = 'another' WHERE queue = ${queue.queue}`)
          steps.record(String(await renew().catch(String)))
        }
      })
      await using _running = run([queue])
      await enqueue(queue, {})
      expect(await steps.untilCount(1)).toEqual(['Error: Another node has the job: the lease had ended.'])
    })

    test('J6: is awaited when the process stops, and releases its job if it stops early', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, {
        async handle(payload, { signal }) {
          steps.record(`begins ${String(payload)}`)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          if (payload === 'gives up') signal.throwIfAborted()
          if (payload === 'hangs') await new Promise(() => {})
        }
      })
      const { runner, failures } = run([queue])
      await enqueue(queue, ...['finishes', 'gives up', 'hangs'].map((key) => ({ key })))
      await steps.untilCount(3)
      await runner.close(100)
      const left = await rows(queue)
      expect(left.map(({ key }) => key).toSorted()).toEqual(['gives up', 'hangs'])
      expect(left).toMatchObject([1, 2].map(() => ({ attempts: 0, leased_until: null })))
      expect(failures).toEqual([])
      await enqueue(queue, { key: 'later' })
      expect(steps.seen).toHaveLength(3)
    })
  })

  test('J7: a job that becomes due while its queue is read does not wait for the sweep', async () => {
    const steps = new Steps()
    const queue = queueOf(steps)
    await using _running = run([queue], { sweepMs: hourMs })
    for (let nth = 1; nth <= 400; nth++) {
      await enqueue(queue, { runAt: Date.now() + (nth % 3) })
      await steps.untilCount(nth)
    }
  })

  test('J7: a job runs when its time comes, because the runner wakes by itself', async () => {
    const steps = new Steps()
    const queue = queueOf(steps)
    await using _running = run([queue], { sweepMs: hourMs })
    const runAt = Date.now() + 300
    await enqueue(queue, { key: 'later', runAt })
    await enqueue(queue, { key: 'now' })
    expect(await steps.untilCount(2)).toEqual(['now', 'later'])
    expect(Date.now()).toBeGreaterThanOrEqual(runAt)
  })

  test('J7: the sweep finds a job without a hint', async () => {
    const steps = new Steps()
    const queue = queueOf(steps)
    await using _running = run([queue], { sweepMs: 50 })
    await beside(sql`INSERT INTO jobs (queue, key, payload, epoch, run_at)
      VALUES (${queue.queue}, 'one', '"quiet"', ${under.store.epoch}, 0)`)
    expect(await steps.untilCount(1)).toEqual(['quiet'])
  })

  test('J7: a job of a queue without a handler on this node is left to other nodes', async () => {
    const steps = new Steps()
    const [known, unknown] = [queueOf(steps), queueOf(steps)]
    await using _running = run([known], { sweepMs: 20 })
    await enqueue(unknown, { payload: 'unknown' })
    await enqueue(known, { payload: 'known' })
    await steps.untilCount(1)
    expect(await rows(unknown)).toMatchObject([{ attempts: 0, leased_until: null }])
    await using _newer = run([unknown])
    expect(await steps.untilCount(2)).toEqual(['known', 'unknown'])
  })

  describe('a recurring job', () => {
    test('J8: runs once on any number of runners, and again after its interval', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, { everyMs: hourMs })
      await using one = run([queue], { sweepMs: 20, alone: false })
      await using two = run([queue], { sweepMs: 20, alone: false })
      await steps.untilCount(1)
      await expect.poll(() => rows(queue)).toMatchObject([{ attempts: 0, leased_until: null }])
      expect((await rows(queue))[0]!.run_at).toBeGreaterThan(Date.now() + hourMs / 2)
      await moveClock(queue, 2 * hourMs)
      await steps.untilCount(2)
      await Promise.all([one.runner.close(5_000), two.runner.close(5_000)])
      expect(steps.seen).toHaveLength(2)
      expect(await rows(queue)).toHaveLength(1)
    })

    test('J8: that fails for the last time leaves a dead job, and runs again after its interval', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, {
        everyMs: hourMs,
        async handle() {
          steps.record('ran')
          throw new Error('no')
        }
      })
      await using running = run([queue], { sweepMs: 20 })
      await expect.poll(() => rows(queue)).toHaveLength(2)
      await running.runner.close(5_000)
      const [dead, next] = await rows(queue)
      expect(dead).toMatchObject({ attempts: 3, last_error: 'Error: no' })
      expect(next).toMatchObject({ attempts: 0, dead_at: null })
      expect(next!.run_at).toBeGreaterThan(Date.now() + hourMs / 2)
      expect(steps.seen).toHaveLength(3)
    })

    test('J8: postponed by a clock that was set back runs within its interval', async () => {
      const steps = new Steps()
      const queue = queueOf(steps, { everyMs: hourMs })
      await using running = run([queue], { sweepMs: 20 })
      await steps.untilCount(1)
      await expect.poll(() => rows(queue)).toMatchObject([{ attempts: 0 }])
      await moveClock(queue, -48 * hourMs)
      await expect.poll(async () => (await rows(queue))[0]!.run_at < Date.now() + 1.1 * hourMs).toBe(true)
      await running.runner.close(5_000)
      expect(steps.seen).toHaveLength(1)
    })
  })

  describe('after a restore', () => {
    test("J9: jobs run, except those of a queue that waits for the host's release", async () => {
      const steps = new Steps()
      const [plain, waiting] = [queueOf(steps), queueOf(steps, { waitsAfterRestore: true })]
      await enqueue(plain, { payload: 'plain' })
      await enqueue(waiting, { payload: 'held' })
      await Promise.all([restore(plain), restore(waiting)])
      await using _running = run([plain, waiting], { sweepMs: 20 })
      await enqueue(waiting, { key: 'two', payload: 'newer' })
      expect((await steps.untilCount(2)).toSorted()).toEqual(['newer', 'plain'])
      const { epoch } = under.store
      const queues = [plain.queue, waiting.queue]
      await expect
        .poll(() => under.store.read('countJobs', { queues, epoch, max: 10 }))
        .toEqual([
          { queue: plain.queue, waiting: 0, held: 0, dead: 0 },
          { queue: waiting.queue, waiting: 0, held: 1, dead: 0 }
        ])
      expect(await under.store.write('adoptJobs', { queue: waiting.queue, epoch, limit: 10 })).toBe(1)
      await steps.until((seen) => seen.includes('held'))
    })

    test('J9: a job enqueued again since then runs', async () => {
      const queue = queueOf(new Steps())
      await enqueue(queue, { payload: 'old' })
      await restore(queue)
      expect((await turn(queue, 'john')).leased).toEqual([])
      await enqueue(queue, { payload: 'new' })
      expect((await turn(queue, 'john')).leased).toMatchObject([{ payload: '"new"' }])
    })
  })

  test('J10: a queue keeps its newest dead jobs, and lists them page by page', async () => {
    const queue = queueOf(new Steps(), { maxAttempts: 1 })
    await beside(sql`
      WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${sql.lit(deadMax)})
      INSERT INTO jobs (queue, key, payload, epoch, run_at, dead_at, last_error)
      SELECT ${sql.lit(queue.queue)}, CAST(i AS TEXT), 'null', 'before', 0, i / 2, 'old' FROM numbers`)
    await enqueue(queue, {})
    const [lease] = (await turn(queue, 'john')).leased
    const failed = { ...lease!, error: 'new', delayMs: 1, repeatMs: null, isLast: true }
    await turn(queue, 'john', { failed: [failed] })
    const found: number[] = []
    for (let after: { id: number; deadAt: number } | null = null; ;) {
      const page: { id: number; deadAt: number; error: string }[] = await under.store.read('listDeadJobs', {
        queue: queue.queue,
        after,
        limit: 300
      })
      if (after === null) expect(page[0]).toMatchObject({ error: 'new' })
      if (page.length === 0) break
      found.push(...page.map(({ id }) => id))
      after = page.at(-1)!
    }
    expect(new Set(found).size).toBe(deadMax)
    expect(found).toHaveLength(deadMax)
  })
})
