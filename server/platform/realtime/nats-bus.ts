import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import {
  connect,
  type ConnectionOptions,
  type NatsConnection,
  type Subscription
} from '@nats-io/transport-node'
import type { Signal } from '@parley/contract/events'
import type { NatsConfig } from './nats-url.ts'
import type { Bus, Subscription as UserSubscription, UserListener } from './bus.ts'
import { changeOf, encodeQueues, queuesOf, signalOf } from './bus-messages.ts'
import { connectionOptions, isRefusal, reasonOf, withDeadline } from './nats-connection.ts'
import type { StreamOwner } from './stream-owner.ts'

export type NatsBusOptions = {
  /** The database's epoch: messages of nodes with another database, or an earlier state of this one, are ignored. */
  epoch: string
  /** Hears when the bus is lost, and why, and when it is back. */
  onState?: (state: Bus['state'], reason: string) => void
  /** Called with a fault of Parley or of a message from another node; the bus keeps running. */
  onFault?: (error: unknown) => void
  /** Between two attempts to connect, and up to twice that. */
  retryMs?: number
  /** A NATS that answers no ping for twice this long is away. */
  pingIntervalMs?: number
}

/** A stream waits this long for NATS to confirm its subscription; the sweep finds what was missed. */
const confirmMs = 1_000
/** NATS is given this long to take what was published last. */
const closeMs = 1_000

type Topic = { take: (text: string) => void; subscription?: Subscription }

/**
 * The bus on NATS core: a subject for each user, and two for all nodes. A NATS that is away is waited for, for ever, and
 * what would be published meanwhile is dropped.
 */
export class NatsBus implements Bus {
  readonly #address: NatsConfig
  readonly #prefix: string
  readonly #connectionOptions: ConnectionOptions
  readonly #retryMs: number
  readonly #onState: NonNullable<NatsBusOptions['onState']>
  readonly #onFault: NonNullable<NatsBusOptions['onFault']>
  readonly #topics = new Map<string, Topic>()
  readonly #sessionListeners: ((change: StreamOwner) => void)[] = []
  readonly #presenceListeners: ((text: string) => void)[] = []
  readonly #jobListeners: ((queues: string[]) => void)[] = []
  readonly #recoveryListeners: (() => void)[] = []
  readonly #closing = new AbortController()
  readonly #heads = new Map<number, number>()
  #connection: NatsConnection | undefined
  #confirmed: Promise<void> | undefined
  #refusal: Error | undefined
  #state: Bus['state'] = 'ok'
  #reason = ''

  private constructor(address: NatsConfig, options: NatsBusOptions) {
    const {
      epoch,
      onState = () => {},
      onFault = () => {},
      retryMs = 1_000,
      pingIntervalMs = 10_000
    } = options
    this.#address = address
    this.#connectionOptions = connectionOptions(address, { retryMs, pingIntervalMs })
    this.#retryMs = retryMs
    this.#prefix = `parley.${epoch}`
    this.#onState = onState
    this.#onFault = onFault
    this.#listen(this.#sessions, (text) => this.#takeSession(text))
    this.#listen(this.#presence, (text) => this.#presenceListeners.forEach((listener) => listener(text)))
    this.#listen(this.#jobs, (text) => this.#jobListeners.forEach((listener) => listener(queuesOf(text))))
  }

  /** Throws when NATS refuses us. Where it is away, the bus is `degraded` until it comes. */
  static async open(address: NatsConfig, options: NatsBusOptions): Promise<NatsBus> {
    const bus = new NatsBus(address, options)
    try {
      bus.#use(await connect(bus.#connectionOptions))
    } catch (error) {
      if (isRefusal(error)) throw bus.#refusedBy(error)
      bus.#setState('degraded', reasonOf(error))
      bus.#connect().catch(bus.#onFault)
      return bus
    }
    // NATS says what we may not do when we try it.
    bus.#publish(bus.#sessions, '')
    bus.#publish(bus.#user(0), '')
    bus.#publish(bus.#presence, '')
    bus.#publish(bus.#jobs, '')
    await bus.#confirm()
    await setImmediate()
    if (!bus.#refusal) return bus
    await bus.close()
    throw bus.#refusedBy(bus.#refusal)
  }

  get state(): Bus['state'] {
    return this.#state
  }

  publishHead(userId: number, head: number): void {
    // Not into the buffers of a connection that may be dead.
    if (this.#state === 'degraded') return
    // One hint for all that one batch did.
    if (this.#heads.size === 0) queueMicrotask(() => this.#publishHeads())
    this.#heads.set(userId, Math.max(head, this.#heads.get(userId) ?? 0))
  }

  publishSignal(userId: number, signal: Signal): void {
    if (this.#state === 'ok') this.#publish(this.#user(userId), JSON.stringify(signal))
  }

  subscribe(userId: number, listener: UserListener): UserSubscription {
    const close = this.#listen(this.#user(userId), (text) => {
      if (/^\d{1,15}$/.test(text)) return listener.head(Number(text))
      const signal = signalOf(text)
      if (signal) listener.signal(signal)
    })
    return { ready: this.#state === 'ok' ? this.#confirm() : undefined, close }
  }

  publishSession({ userId, sessionId, expiresAt }: StreamOwner): void {
    this.#publish(this.#sessions, JSON.stringify({ userId, sessionId, expiresAt }))
  }

  onSession(listener: (change: StreamOwner) => void): void {
    this.#sessionListeners.push(listener)
  }

  publishPresence(text: string): void {
    if (this.#state === 'ok') this.#publish(this.#presence, text)
  }

  onPresence(listener: (text: string) => void): void {
    this.#presenceListeners.push(listener)
  }

  publishJobs(queues: string[]): void {
    if (this.#state === 'ok') this.#publish(this.#jobs, encodeQueues(queues))
  }

  onJobs(listener: (queues: string[]) => void): void {
    this.#jobListeners.push(listener)
  }

  onRecovered(listener: () => void): void {
    this.#recoveryListeners.push(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const connection = this.#connection
    if (!connection || connection.isClosed()) return
    await withDeadline(connection.drain(), closeMs)
    await connection.close()
  }

  get #sessions(): string {
    return `${this.#prefix}.sessions`
  }

  get #presence(): string {
    return `${this.#prefix}.presence`
  }

  get #jobs(): string {
    return `${this.#prefix}.jobs`
  }

  #user(userId: number): string {
    return `${this.#prefix}.user.${userId}`
  }

  #publishHeads(): void {
    for (const [userId, head] of this.#heads) this.#publish(this.#user(userId), String(head))
    this.#heads.clear()
  }

  #publish(subject: string, text: string): void {
    // One that is being left throws: what is committed to the last is found by the others' sweeps.
    if (!this.#connection || this.#connection.isDraining() || this.#connection.isClosed()) return
    this.#connection.publish(subject, text)
  }

  #takeSession(text: string): void {
    const change = changeOf(text)
    if (change) for (const listener of this.#sessionListeners) listener(change)
  }

  #listen(subject: string, take: Topic['take']): () => void {
    const topic: Topic = { take }
    this.#topics.set(subject, topic)
    this.#subscribe(subject, topic)
    return () => {
      topic.subscription?.unsubscribe()
      if (this.#topics.get(subject) === topic) this.#topics.delete(subject)
    }
  }

  #subscribe(subject: string, topic: Topic): void {
    if (!this.#connection || this.#connection.isClosed()) return
    topic.subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return this.#onFault(error)
        try {
          topic.take(message.string())
        } catch (fault) {
          this.#onFault(fault)
        }
      }
    })
  }

  /** Resolves when NATS has taken all that was sent to it, or does not say so in time. */
  #confirm(): Promise<void> {
    this.#confirmed ??= this.#ask()
    return this.#confirmed
  }

  async #ask(): Promise<void> {
    // One question for all who want to know in this turn of the event loop.
    await setImmediate()
    this.#confirmed = undefined
    if (this.#connection) await withDeadline(this.#connection.flush(), confirmMs)
  }

  /** The client reconnects by itself; this delay is for the first connection, and for a client that gave up. */
  async #connect(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const connection = await connect(this.#connectionOptions)
        if (signal.aborted) await connection.close()
        else {
          this.#use(connection)
          this.#recover()
        }
        return
      } catch (error) {
        this.#setState('degraded', reasonOf(error))
        await delay(this.#retryMs * (1 + Math.random()), null, { signal }).catch(() => {})
      }
    }
  }

  #use(connection: NatsConnection): void {
    this.#connection = connection
    for (const [subject, topic] of this.#topics) this.#subscribe(subject, topic)
    this.#follow(connection).catch(this.#onFault)
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#setState('degraded', 'the connection is lost')
      if (status.type === 'reconnect') this.#recover()
      if (status.type === 'ping') {
        // The previous ping is unanswered: the peer may be gone.
        if (status.pendingPings > 1) this.#setState('degraded', 'it does not answer')
        else if (this.#state === 'degraded') this.#recover()
      }
      if (status.type !== 'error') continue
      if (isRefusal(status.error)) this.#refusal = status.error
      this.#reason = reasonOf(status.error)
    }
    if (this.#closing.signal.aborted) return
    this.#setState('degraded', this.#reason || 'the connection was closed')
    await this.#connect()
  }

  #recover(): void {
    this.#setState('ok', '')
    this.#announce().catch(this.#onFault)
  }

  async #announce(): Promise<void> {
    // Subscribe first, so that messages published while listeners read the database are received.
    await this.#confirm()
    for (const listener of this.#recoveryListeners) listener()
  }

  #setState(state: Bus['state'], reason: string): void {
    const changed = state !== this.#state
    this.#state = state
    this.#reason = reason
    if (changed) this.#onState(state, reason)
  }

  #refusedBy(error: unknown): Error {
    return new Error(
      `NATS at ${this.#address.servers.join(', ')} refuses Parley: ${reasonOf(error)}. ` +
        'Check the name, the password and the permissions behind NATS_URL.'
    )
  }
}
