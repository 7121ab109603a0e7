import type { Change, Message } from '@parley/contract/messages'

/** Properties of a message that every reader must agree on. */
export type Fact = {
  readonly id: string
  readonly conversationId: string
  readonly position: number
  readonly senderId: string
  readonly forwarded: boolean
  readonly change: Change | undefined
  /** A lower bound of the commit time, ms. */
  readonly createdAt: number
  /** An upper bound of the commit time, ms: a reader had seen it. */
  seenAt: number
  /** The greatest version observed. */
  version: number
  deletedAt: number | null
  /** When a reader had seen its deletion, ms. */
  deletionSeenAt: number
  /** Whether it was fetched in the calm. */
  isSettled: boolean
  /** Text by version. */
  readonly texts: Map<number, string>
  /** Acknowledged versions and when, ms. */
  readonly acknowledged: { version: number; at: number }[]
}

/** Facts about every message, from all observers. */
export type Facts = ReturnType<typeof openFacts>

export function openFacts(violate: (what: string) => void) {
  const messages = new Map<string, Fact>()
  const orders = new Map<string, string[]>()
  /** Message id by key. Two ids for one key mean that a retry was stored twice. */
  const keys = new Map<string, string>()
  /** Every text that an actor has tried to send. */
  const written = new Set<string>()

  function place(conversationId: string, position: number, id: string, who: string): void {
    const order = orders.get(conversationId) ?? []
    orders.set(conversationId, order)
    order[position] ??= id
    if (order[position] !== id) {
      violate(`${who} has message ${id} at ${position}, where others have ${order[position]}`)
    }
  }

  function begin(message: Message): Fact {
    const { id, conversationId, position, sender, change, createdAt, forwardedFrom } = message
    const fact = {
      id,
      conversationId,
      position,
      senderId: sender.id,
      forwarded: forwardedFrom !== undefined,
      change,
      createdAt: Date.parse(createdAt),
      seenAt: Date.now(),
      version: 0,
      deletedAt: null,
      deletionSeenAt: Infinity,
      isSettled: false,
      texts: new Map(),
      acknowledged: []
    }
    messages.set(id, fact)
    return fact
  }

  /** Records a message as an observer received it. */
  function see(message: Message, who: string): Fact {
    const { id, conversationId, position, sender, change, createdAt, version = 1, deletedAt } = message
    place(conversationId, position, id, who)
    const { clientId = id } = message
    if (keys.get(clientId) !== id && keys.has(clientId)) {
      violate(`${who} has messages ${keys.get(clientId)} and ${id} of one key, ${clientId}`)
    }
    keys.set(clientId, id)
    const fact = messages.get(id) ?? begin(message)
    const said = textOf(message)
    const others = fact.texts.get(version)
    if (others === undefined) {
      fact.texts.set(version, said)
      if (!change && !deletedAt && !written.has(message.content)) {
        violate(`${who} received a text of message ${id} that was never sent: ${message.content}`)
      }
    } else if (others !== said) {
      violate(`${who} has version ${version} of message ${id} as ${said}, others as ${others}`)
    }
    if (fact.senderId !== sender.id || fact.createdAt !== Date.parse(createdAt)) {
      violate(`${who} has message ${id} of another sender or time than others: ${JSON.stringify(message)}`)
    }
    if (fact.deletedAt !== null && version > fact.version && !deletedAt) {
      violate(`${who} has version ${version} of message ${id}, which was deleted before`)
    }
    if (deletedAt && fact.deletedAt === null) {
      fact.deletedAt = Date.parse(deletedAt)
      fact.deletionSeenAt = Date.now()
    }
    fact.version = Math.max(fact.version, version)
    return fact
  }

  return {
    messages: messages as ReadonlyMap<string, Fact>,
    place,
    see,
    /** Registers a text before it is sent. */
    write(content: string): void {
      written.add(content)
    },
    /** Records the response to a send or change: from now on, no observer may receive an older version. */
    acknowledge(message: Message, who: string): void {
      see(message, who).acknowledged.push({ version: message.version ?? 1, at: Date.now() })
    },
    /** Returns the greatest version acknowledged by then (ms). */
    versionBy(id: string, at: number): number {
      const before = messages.get(id)?.acknowledged.filter((each) => each.at < at) ?? []
      return before.reduce((most, { version }) => Math.max(most, version), 0)
    },
    isWritten: (content: string) => written.has(content),
    /** Message ids of a conversation by position, from 1; with holes where no observer saw one. */
    orderOf(conversationId: string): readonly (string | undefined)[] {
      return orders.get(conversationId) ?? []
    }
  }
}

/** Returns the versioned part of a message; reactions change without a version. */
function textOf({ content, mentions, replyTo, forwardedFrom, change, editedAt, deletedAt }: Message): string {
  return JSON.stringify([content, mentions, replyTo, forwardedFrom, change, editedAt, deletedAt])
}
