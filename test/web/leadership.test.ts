import { describe, expect, it } from 'vitest'
import { Leadership, type Locks } from '../../web/src/state/sync/leadership.ts'

/** Web Locks for one name, as specified: a queue, aborted requests, stealing. */
function fakeLocks(): Locks & { waiting(): number } {
  type Request = {
    run: () => Promise<unknown>
    resolve: (value: unknown) => void
    reject: (error: Error) => void
  }
  let holder: Request | null = null
  const queue: Request[] = []
  function grant(request: Request) {
    holder = request
    void end(request)
  }
  async function end(request: Request) {
    request.resolve(await request.run())
    if (holder !== request) return
    holder = null
    const next = queue.shift()
    if (next) grant(next)
  }
  const request = (_name: string, options: LockOptions, run: () => Promise<unknown>) =>
    new Promise<unknown>((resolve, reject) => {
      const mine: Request = { run, resolve, reject }
      options.signal?.addEventListener('abort', () => {
        const at = queue.indexOf(mine)
        if (at < 0) return
        queue.splice(at, 1)
        reject(new DOMException('aborted', 'AbortError'))
      })
      if (options.steal) {
        holder?.reject(new DOMException('stolen', 'AbortError'))
        return grant(mine)
      }
      if (holder) queue.push(mine)
      else grant(mine)
    })
  return { request, waiting: () => queue.length } as unknown as Locks & { waiting(): number }
}

function tab(locks: Locks | undefined) {
  const terms: AbortSignal[] = []
  const leadership = new Leadership({ name: 'parley:1', locks, onElected: (term) => void terms.push(term) })
  return { leadership, terms, leads: () => terms.at(-1)?.aborted === false }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('leadership', () => {
  it('belongs to one tab, and passes on when that tab closes', async () => {
    const locks = fakeLocks()
    const [first, second, third] = [tab(locks), tab(locks), tab(locks)]
    await settled()
    expect([first, second, third].map((each) => each.leads())).toEqual([true, false, false])
    first.leadership.close()
    await settled()
    expect([first, second, third].map((each) => each.leads())).toEqual([false, true, false])
    third.leadership.close()
    second.leadership.close()
    await settled()
    expect([first, second, third].map((each) => each.leads())).toEqual([false, false, false])
  })

  it('can be stolen from a sleeping tab, which requests it again when it wakes', async () => {
    const locks = fakeLocks()
    const [sleeper, other] = [tab(locks), tab(locks)]
    await settled()
    other.leadership.takeOver()
    await settled()
    expect([sleeper.leads(), other.leads()]).toEqual([false, true])
    other.leadership.close()
    await settled()
    expect([sleeper.leads(), other.leads()]).toEqual([true, false])
  })

  it('queues one request, however often it is acquired and lost', async () => {
    const locks = fakeLocks()
    const tabs = [tab(locks), tab(locks)]
    await settled()
    for (let turn = 0; turn < 10; turn++) {
      tabs[(turn + 1) % 2]!.leadership.takeOver()
      await settled()
    }
    expect(tabs.map((each) => each.leads())).toEqual([true, false])
    expect(locks.waiting()).toBe(2)
    tabs[0]!.leadership.close()
    await settled()
    expect(tabs.map((each) => each.leads())).toEqual([false, true])
    expect(locks.waiting()).toBe(0)
    tabs[1]!.leadership.close()
  })

  it('is requested again after a pause if requests fail at once, as on a page that is being left', async () => {
    let requests = 0
    const request = async (_name: string, _options: LockOptions, run: () => Promise<unknown>) => {
      requests++
      if (requests < 100) {
        void run()
        throw new DOMException('the page is being left', 'AbortError')
      }
    }
    const { leadership } = tab({ request } as unknown as Locks)
    // Everything possible without a timer: a page that is being left has none.
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve()
    leadership.close()
    expect(requests).toBe(1)
  })

  it('belongs to every tab if the browser has no locks', () => {
    const [first, second] = [tab(undefined), tab(undefined)]
    expect([first.leads(), second.leads()]).toEqual([true, true])
  })
})
