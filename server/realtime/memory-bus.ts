import type { Bus } from './bus.ts'
import type { StreamOwner } from './stream.ts'

/** Joins the nodes of one process, which in Parley is one: then nobody listens, and publishing costs nothing. */
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
  readonly #heads = new Map<number, (head: number) => void>()
  readonly #sessions: ((change: StreamOwner) => void)[] = []

  constructor(nodes: Set<MemoryBus>) {
    this.#nodes = nodes
  }

  publishHead(userId: number, head: number): void {
    for (const node of this.#nodes) if (node !== this) node.#heads.get(userId)?.(head)
  }

  subscribeHeads(userId: number, listener: (head: number) => void) {
    this.#heads.set(userId, listener)
    return { ready: undefined, close: () => void this.#heads.delete(userId) }
  }

  publishSession(change: StreamOwner): void {
    for (const node of this.#nodes) {
      if (node !== this) for (const listener of node.#sessions) listener(change)
    }
  }

  onSession(listener: (change: StreamOwner) => void): void {
    this.#sessions.push(listener)
  }

  onRecovered(): void {}

  async close(): Promise<void> {
    this.#nodes.delete(this)
  }
}
