import { decodeUpdate, encodeUpdate } from './presence-updates.ts'

export type OtherNodesOptions = {
  publish: (text: string) => void
  /** Called when a user is online on another node and was on none. */
  onCame: (userId: number) => void
  /** Called when a user is on no other node since `at` (ms). */
  onLeft: (userId: number, at: number) => void
  /** Called when another node asks for this node's whole presence. */
  askedForAll: () => void
}

/** `heardAt` is by `performance.now()`; `saidAt`, by the node's own clock (ms), is when it said something last. */
type Node = { people: Set<number>; seq: number; heardAt: number; saidAt: number }

/** A node without a heartbeat for this long is gone, with all its users. */
const silenceMs = 10_000
const everyNode = '*'

/** Who is on the other nodes, as far as they have said. */
export class OtherNodes {
  readonly #me: string
  readonly #options: OtherNodesOptions
  readonly #nodes = new Map<string, Node>()

  constructor(me: string, options: OtherNodesOptions) {
    this.#me = me
    this.#options = options
  }

  have(userId: number): boolean {
    for (const { people } of this.#nodes.values()) if (people.has(userId)) return true
    return false
  }

  /** Whether this node is the first of all that are known, whatever that is good for. */
  get isFirst(): boolean {
    return [...this.#nodes.keys()].every((node) => this.#me < node)
  }

  /** Asks every node for all of its people. */
  askAll(): void {
    this.#ask(everyNode)
  }

  hear(text: string): void {
    const update = decodeUpdate(text)
    if (!update || update.node === this.#me) return
    if ('wants' in update) {
      if (update.wants === this.#me || update.wants === everyNode) this.#options.askedForAll()
      return
    }
    const { node, seq, at, whole, came, left } = update
    const known = this.#nodes.get(node)
    const times = { heardAt: performance.now(), saidAt: at }
    if (known) Object.assign(known, times)
    if (whole) return this.#replace(node, { people: new Set(came), seq, ...times })
    const changes = came.length + left.length > 0
    if (known && seq === known.seq + Number(changes)) {
      known.seq = seq
      for (const userId of came) this.#add(known, userId)
      for (const [userId, goneAt] of left) this.#remove(known, userId, goneAt)
    } else if (!known || seq > known.seq) {
      // An earlier message was missed.
      this.#ask(node)
    }
  }

  /** Forgets the nodes that have fallen silent; gives who was last seen there, and when (ms). */
  expire(now: number): [userId: number, at: number][] {
    const gone: [number, number][] = []
    for (const [name, node] of this.#nodes) {
      if (now - node.heardAt < silenceMs) continue
      this.#nodes.delete(name)
      for (const userId of node.people) {
        if (this.have(userId)) continue
        gone.push([userId, node.saidAt])
        this.#options.onLeft(userId, node.saidAt)
      }
    }
    return gone
  }

  #ask(node: string): void {
    this.#options.publish(encodeUpdate({ node: this.#me, wants: node }))
  }

  #replace(name: string, next: Node): void {
    const node = this.#nodes.get(name) ?? { ...next, people: new Set<number>() }
    this.#nodes.set(name, node)
    node.seq = next.seq
    for (const userId of node.people) if (!next.people.has(userId)) this.#remove(node, userId, next.saidAt)
    for (const userId of next.people) this.#add(node, userId)
  }

  #add(node: Node, userId: number): void {
    const known = this.have(userId)
    node.people.add(userId)
    if (!known) this.#options.onCame(userId)
  }

  #remove(node: Node, userId: number, at: number): void {
    if (node.people.delete(userId) && !this.have(userId)) this.#options.onLeft(userId, at)
  }
}
