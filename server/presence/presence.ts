import { randomBytes } from 'node:crypto'
import type { Presence as PresenceOf } from '@parley/contract/presence'
import type { Signal } from '@parley/contract/events'
import type { Store } from '../store.ts'
import { OtherNodes } from './other-nodes.ts'
import { encodeUpdate } from './presence-updates.ts'
import type { Principal } from '../platform/principal.ts'

export type PresenceOptions = {
  /** Sends a signal to those of these users who have a stream here. */
  tell: (userIds: number[], signal: Signal) => void
  /** Publishes to the other nodes. */
  publish: (text: string) => void
  /** Returns whether messages of other nodes arrive; without them, presence elsewhere is unknown. */
  isHeard: () => boolean
  /** Called with the first of several consecutive storage failures; the work is retried anyway. */
  onFailure: (error: unknown) => void
}

const tickMs = 500
/** A user without a stream for this long is offline; a quick reconnect changes nothing. */
const graceMs = 10_000
const heartbeatMs = 3_000
/** Users whose contacts are looked up, and whose last seen is written, in one statement. */
const contactsAtOnce = 50
const writtenAtOnce = 500

/**
 * Tracks who is online: on this node by their streams, on others by their messages. Each node notifies its own users of every
 * change. Only last-seen times are stored, when a user goes offline.
 */
export class Presence {
  readonly #store: Pick<Store, 'read' | 'write'>
  readonly #options: PresenceOptions
  readonly #node = randomBytes(8).toString('hex')
  readonly #others: OtherNodes
  /** Users with a stream on this node, now or within the grace period. */
  readonly #here = new Set<number>()
  /** Users in their grace period, in order, with the time by `performance.now()` at which their last stream closed. */
  readonly #leaving = new Map<number, number>()
  /** Changes not yet published to the other nodes; for users who left, since when (ms). */
  #came = new Set<number>()
  #left = new Map<number, number>()
  #seq = 0
  #toldAt = -Infinity
  /** Changes not yet sent to contacts: offline since (ms), or null if online. */
  readonly #changed = new Map<number, number | null>()
  /** Last-seen times (ms) not yet stored. */
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

  /** The number of users with a stream on this node, now or within the grace period. */
  get size(): number {
    return this.#here.size
  }

  /** Called when a user's first stream on this node opens. */
  came(userId: number): void {
    this.#leaving.delete(userId)
    if (this.#here.has(userId)) return
    const known = this.#others.have(userId)
    this.#here.add(userId)
    if (!this.#left.delete(userId)) this.#came.add(userId)
    if (!known) this.#change(userId, null)
  }

  /** Called when a user's last stream on this node closes. */
  left(userId: number): void {
    this.#leaving.set(userId, performance.now())
  }

  /** Asks the other nodes for their presence. */
  askOthers(): void {
    this.#others.askAll()
  }

  /** What another node published. */
  hear(text: string): void {
    this.#others.hear(text)
  }

  /** Lists the presence of the caller's contacts: members of shared conversations with at most `signalsMax` members. */
  async list(me: Principal): Promise<PresenceOf[]> {
    // A last-seen time that is stored during the read may be missing from both.
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
      // Rounded to the second, so that users who left together are stored in one statement, with the time that was sent.
      this.#leave(userId, Math.floor((Date.now() - (now - since)) / 1_000) * 1_000)
    }
    const gone = this.#others.expire(now)
    // The first remaining node stores it, unless its own bus is down.
    if (this.#options.isHeard() && this.#others.isFirst) for (const [id, at] of gone) this.#see(id, at)
    if (this.#came.size > 0 || this.#left.size > 0) {
      this.#seq++
      this.#publish([...this.#came], [...this.#left], false)
      this.#came = new Set()
      this.#left = new Map()
    } else if (now - this.#toldAt >= heartbeatMs) this.#publish([], [], false)
    await this.#work()
  }

  /** Stores the last-seen time of all users of this node. */
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
    this.#options.publish(
      encodeUpdate({ node: this.#node, seq: this.#seq, at: Date.now(), whole, came, left })
    )
  }

  /** Runs the work that needs storage, one step at a time; failed steps are retried at the next tick. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    const failures: unknown[] = []
    // Contacts are notified even when the database is read-only.
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
    // No user of this node to notify.
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
