import type { Signal } from '@parley/contract/events'
import type { Bus, UserListener } from './bus.ts'
import type { StreamOwner } from './stream-owner.ts'

/** Connects the nodes of one process. Parley has one node a process: then there are no listeners, and publishing is free. */
export class MemoryExchange {
  readonly #nodes = new Set<MemoryBus>()

  connect(): Bus {
    const node = new MemoryBus(this.#nodes)
    this.#nodes.add(node)
    return node
  }
}

class MemoryBus implements Bus {
  readonly state = 'ok'
  readonly #nodes: Set<MemoryBus>
  readonly #users = new Map<number, UserListener>()
  readonly #sessions: ((change: StreamOwner) => void)[] = []
  readonly #jobs: ((queues: string[]) => void)[] = []
  readonly #presence: ((text: string) => void)[] = []

  constructor(nodes: Set<MemoryBus>) {
    this.#nodes = nodes
  }

  publishHead(userId: number, head: number): void {
    for (const node of this.#nodes) if (node !== this) node.#users.get(userId)?.head(head)
  }

  publishSignal(userId: number, signal: Signal): void {
    for (const node of this.#nodes) if (node !== this) node.#users.get(userId)?.signal(signal)
  }

  subscribe(userId: number, listener: UserListener) {
    this.#users.set(userId, listener)
    const close = () => {
      if (this.#users.get(userId) === listener) this.#users.delete(userId)
    }
    return { ready: undefined, close }
  }

  publishPresence(text: string): void {
    for (const node of this.#nodes) {
      if (node !== this) for (const listener of node.#presence) listener(text)
    }
  }

  onPresence(listener: (text: string) => void): void {
    this.#presence.push(listener)
  }

  publishSession(change: StreamOwner): void {
    for (const node of this.#nodes) {
      if (node !== this) for (const listener of node.#sessions) listener(change)
    }
  }

  onSession(listener: (change: StreamOwner) => void): void {
    this.#sessions.push(listener)
  }

  publishJobs(queues: string[]): void {
    for (const node of this.#nodes) {
      if (node !== this) for (const listener of node.#jobs) listener(queues)
    }
  }

  onJobs(listener: (queues: string[]) => void): void {
    this.#jobs.push(listener)
  }

  onRecovered(): void {}

  async close(): Promise<void> {
    this.#nodes.delete(this)
  }
}
