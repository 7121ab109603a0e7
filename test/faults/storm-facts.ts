import type { Change, Message } from '@parley/contract/entities'

/** What everybody who sees a message must agree on. */
export type Fact = {
  readonly id: string
  readonly conversationId: string
  readonly position: number
  readonly senderId: string
  readonly forwarded: boolean
  readonly change: Change | undefined
  /** ms; it was committed after this. */
  readonly createdAt: number
  /** ms; somebody had seen it by then. */
  seenAt: number
  /** The greatest version that was seen. */
  version: number
  deletedAt: number | null
  /** ms; somebody had seen by then that it was deleted. */
  deletionSeenAt: number
  /** It was looked at in the calm. */
  isSettled: boolean
  /** What it said, by version. */
  readonly texts: Map<number, string>
  /** When which version was acknowledged, ms. */
  readonly acknowledged: { version: number; at: number }[]
}

/** What is known of every message, by whoever saw it. */
export type Facts = ReturnType<typeof openFacts>

export function openFacts(violate: (what: string) => void) {
  const messages = new Map<string, Fact>()
  const orders = new Map<string, string[]>()
  /** Each message has a key: another one of the same key is a retry that was stored twice. */
  const keys = new Map<string, string>()
  /** Every text that somebody meant to send. */
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

  /** Takes a message as somebody was shown it. */
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
        violate(`${who} was shown a text of message ${id} that nobody wrote: ${message.content}`)
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
    /** Somebody is about to say this. */
    write(content: string): void {
      written.add(content)
    },
    /** Takes an answer to whoever sent or changed the message: from now on nobody is shown less. */
    acknowledge(message: Message, who: string): void {
      see(message, who).acknowledged.push({ version: message.version ?? 1, at: Date.now() })
    },
    /** The version that had been acknowledged by then (ms). */
    versionBy(id: string, at: number): number {
      const before = messages.get(id)?.acknowledged.filter((each) => each.at < at) ?? []
      return before.reduce((most, { version }) => Math.max(most, version), 0)
    },
    isWritten: (content: string) => written.has(content),
    /** The ids of a conversation's messages by position, from 1 on; with holes where nobody saw it. */
    orderOf(conversationId: string): readonly (string | undefined)[] {
      return orders.get(conversationId) ?? []
    }
  }
}

/** What one version of a message is; reactions come and go without one. */
function textOf({ content, mentions, replyTo, forwardedFrom, change, editedAt, deletedAt }: Message): string {
  return JSON.stringify([content, mentions, replyTo, forwardedFrom, change, editedAt, deletedAt])
}
