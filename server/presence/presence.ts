import { randomBytes } from 'node:crypto'
import type { Presence as PresenceOf } from '@parley/contract/presence'
import type { Signal } from '@parley/contract/events'
import type { Store } from '../store.ts'
import { OtherNodes } from './other-nodes.ts'
import { encodeNews } from './presence-news.ts'
import type { Principal } from '../platform/principal.ts'

export type PresenceOptions = {
  /** Tells those of these users who have a stream here. */
  tell: (userIds: number[], signal: Signal) => void
  /** Tells the other nodes. */
  publish: (text: string) => void
  /** Whether the other nodes are heard: of those that are not it is not known who is there. */
  isHeard: () => boolean
  /** Hears of the first of several failures of storage in a row; it is tried again all the same. */
  onFailure: (error: unknown) => void
}

const tickMs = 500
/** Whoever has no stream for this long has gone: a reconnect is no coming and going. */
const graceMs = 10_000
const heartbeatMs = 3_000
/** Users whose contacts are looked up, and whose last seen is written, in one statement. */
const contactsAtOnce = 50
const writtenAtOnce = 500

/**
 * Who is here: on this node by their streams, on the others by what these say. Each node tells its own people of whoever
 * comes and goes anywhere. All of it is in memory but when somebody was last seen, which is written as they go.
 */
export class Presence {
  readonly #store: Pick<Store, 'read' | 'write'>
  readonly #options: PresenceOptions
  readonly #node = randomBytes(8).toString('hex')
  readonly #others: OtherNodes
  /** Everybody who has a stream on this node, or had one a moment ago. */
  readonly #here = new Set<number>()
  /** When the last stream of those without one closed, by `performance.now()`; whoever left first is first. */
  readonly #leaving = new Map<number, number>()
  /** What the other nodes have not been told; of those who left, since when (ms) they are gone. */
  #came = new Set<number>()
  #left = new Map<number, number>()
  #seq = 0
  #toldAt = -Infinity
  /** Of whom is to be told: since when they are gone (ms), or null as they came. */
  readonly #changed = new Map<number, number | null>()
  /** Since when (ms) they are gone: to be written. */
  readonly #seen = new Map<number, number>()
  readonly #ticker: NodeJS.Timeout
  #working = false
  #failing = false

  constructor(store: Pick<Store, 'read' | 'write'>, options: PresenceOptions) {
    this.#store = store
    this.#options = options
    this.#others = new OtherNodes(this.#node, {
      publish: options.publish,
      onCame: (userId) => {
        if (!this.#here.has(userId)) this.#change(userId, null)
      },
      onLeft: (userId, at) => {
        if (!this.#here.has(userId)) this.#change(userId, at)
      },
      askedForAll: () => this.#publish([...this.#here], [], true)
    })
    this.#ticker = setInterval(() => {
      this.tick().catch(options.onFailure)
    }, tickMs)
    this.#ticker.unref()
  }

  /** How many have a stream on this node, or had one a moment ago. */
  get size(): number {
    return this.#here.size
  }

  /** Somebody has a stream on this node. */
  came(userId: number): void {
    this.#leaving.delete(userId)
    if (this.#here.has(userId)) return
    const known = this.#others.have(userId)
    this.#here.add(userId)
    if (!this.#left.delete(userId)) this.#came.add(userId)
    if (!known) this.#change(userId, null)
  }

  /** The last stream on this node of somebody has closed. */
  left(userId: number): void {
    this.#leaving.set(userId, performance.now())
  }

  /** Finds out who is on the other nodes. */
  askOthers(): void {
    this.#others.askAll()
  }

  /** What another node published. */
  hear(text: string): void {
    this.#others.hear(text)
  }

  /** Of everybody whom I share a conversation with, of up to `signalsMax` people: whether they are here. */
  async list(me: Principal): Promise<PresenceOf[]> {
    // What is written while the read is under way it may not see, and then it waits here no more.
    const waiting = new Map(this.#seen)
    const contacts = await this.#store.read('listLastSeen', { viewerId: me.userId })
    return contacts.map(({ userId, lastSeenAt }) => {
      const online = this.#isOnline(userId)
      const seen = this.#seen.get(userId) ?? waiting.get(userId) ?? lastSeenAt
      return presenceOf(userId, online ? null : seen, online)
    })
  }

  /** Does what is due by now; runs by itself. */
  async tick(): Promise<void> {
    const now = performance.now()
    for (const [userId, since] of this.#leaving) {
      if (now - since < graceMs) break
      this.#leaving.delete(userId)
      // To the second: those who went together are written together, with the time that was told.
      this.#leave(userId, Math.floor((Date.now() - (now - since)) / 1_000) * 1_000)
    }
    const gone = this.#others.expire(now)
    // One of those who are left writes it, and nobody whose own bus is away.
    if (this.#options.isHeard() && this.#others.isFirst) for (const [id, at] of gone) this.#see(id, at)
    if (this.#came.size > 0 || this.#left.size > 0) {
      this.#seq++
      this.#publish([...this.#came], [...this.#left], false)
      this.#came = new Set()
      this.#left = new Map()
    } else if (now - this.#toldAt >= heartbeatMs) this.#publish([], [], false)
    await this.#work()
  }

  /** Writes down that everybody who was here was. */
  async close(): Promise<void> {
    clearInterval(this.#ticker)
    const now = Date.now()
    for (const userId of this.#here) this.#seen.set(userId, now)
    await this.#write().catch(this.#options.onFailure)
  }

  #leave(userId: number, at: number): void {
    this.#here.delete(userId)
    if (!this.#came.delete(userId)) this.#left.set(userId, at)
    if (this.#others.have(userId)) return
    this.#see(userId, at)
    this.#change(userId, at)
  }

  #isOnline(userId: number): boolean {
    return this.#here.has(userId) || this.#others.have(userId)
  }

  #change(userId: number, goneAt: number | null): void {
    this.#changed.set(userId, goneAt)
  }

  #see(userId: number, at: number): void {
    if (!this.#isOnline(userId)) this.#seen.set(userId, at)
  }

  #publish(came: number[], left: [userId: number, at: number][], whole: boolean): void {
    this.#toldAt = performance.now()
    this.#options.publish(encodeNews({ node: this.#node, seq: this.#seq, at: Date.now(), whole, came, left }))
  }

  /** What needs storage, one thing at a time; what it could not do is tried again with the next tick. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    const failures: unknown[] = []
    // A database that takes no writes does not keep anybody from being told.
    for (const job of [() => this.#tell(), () => this.#write()]) {
      await job().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0 && !this.#failing) this.#options.onFailure(failures[0])
    this.#failing = failures.length > 0
    this.#working = false
  }

  async #write(): Promise<void> {
    while (this.#seen.size > 0) {
      const waiting = [...this.#seen]
      const [, at] = waiting[0]!
      const some = waiting.filter((each) => each[1] === at).slice(0, writtenAtOnce)
      await this.#store.write('setLastSeen', { userIds: some.map(([userId]) => userId), at })
      for (const [userId, at] of some) if (this.#seen.get(userId) === at) this.#seen.delete(userId)
    }
  }

  async #tell(): Promise<void> {
    // Nobody to be told.
    if (this.#here.size === 0) this.#changed.clear()
    while (this.#changed.size > 0) {
      const userIds = [...this.#changed.keys()].slice(0, contactsAtOnce)
      const contacts = new Map<number, number[]>(userIds.map((userId) => [userId, []]))
      for (const { userId, contactId } of await this.#store.read('listContacts', { userIds })) {
        contacts.get(userId)!.push(contactId)
      }
      for (const [userId, contactIds] of contacts) {
        // As it is by now.
        const goneAt = this.#changed.get(userId)!
        this.#changed.delete(userId)
        this.#options.tell(contactIds, {
          name: 'presence',
          data: presenceOf(userId, goneAt, goneAt === null)
        })
      }
    }
  }
}

function presenceOf(userId: number, goneAt: number | null, online: boolean): PresenceOf {
  const lastSeenAt = goneAt === null ? null : new Date(goneAt).toISOString()
  return { userId: String(userId), online, lastSeenAt }
}
