import { Refusal, type OutboxItem } from '@parley/client'
import type { Message } from '@parley/contract/messages'
import { networkDown } from './fake-server.ts'

type Stored = {
  id: string
  clientId: string
  content: string
  version: number
  deleted: boolean
  emoji: Set<string>
}

/**
 * The outcome of a request: answered, its response lost, never arrived, held before or after its execution, or a
 * given error.
 */
export type RequestOutcome = 'ok' | 'lost' | 'down' | 'held before' | 'held after' | Error

/** A minimal server of one user's messages, with the rules that an outbox depends on. */
export function messageServer(outcomes: RequestOutcome[] = []) {
  const messages: Stored[] = []
  const requests: string[] = []
  let held: (() => void)[] = []
  const hold = () => new Promise<void>((resolve) => held.push(resolve))

  function find(id: string): Stored {
    const message = messages.find((each) => each.id === id)
    if (!message) throw new Refusal(404, { code: 'message_not_found' })
    return message
  }
  function findThere(id: string): Stored {
    const message = find(id)
    if (message.deleted) throw new Refusal(409, { code: 'message_deleted' })
    return message
  }
  const answerOf = ({ id, clientId, content, version }: Stored) =>
    ({ id, clientId, content, ...(version > 1 && { version }) }) as Message

  function take(item: OutboxItem): Message | null {
    switch (item.kind) {
      case 'send': {
        const { clientId, content } = item
        const known = messages.find((each) => each.clientId === clientId)
        if (known) {
          if (known.content !== content && known.version === 1)
            throw new Refusal(422, { code: 'idempotency_mismatch' })
          return answerOf(known)
        }
        if (item.replyTo) findThere(item.replyTo.id)
        if (content.length > 20) throw new Refusal(422, { code: 'validation_failed', detail: 'Too long.' })
        const id = String(messages.length + 1)
        messages.push({ id, clientId, content, version: 1, deleted: false, emoji: new Set() })
        return answerOf(messages.at(-1)!)
      }
      case 'edit': {
        const message = findThere(item.messageId)
        if (message.content === item.content) return answerOf(message)
        if (message.version !== item.version)
          throw new Refusal(409, { code: 'version_conflict', current: answerOf(message) })
        message.content = item.content
        message.version++
        return answerOf(message)
      }
      case 'delete': {
        const message = find(item.messageId)
        if (!message.deleted) Object.assign(message, { content: '', deleted: true, emoji: new Set() })
        return null
      }
      case 'react':
        findThere(item.messageId).emoji.add(item.emoji)
        return null
      case 'unreact':
        findThere(item.messageId).emoji.delete(item.emoji)
        return null
      default:
        return item satisfies never
    }
  }

  return {
    messages,
    outcomes,
    /** The kinds of the requests so far. */
    requests,
    async send(item: OutboxItem): Promise<Message | null> {
      requests.push(item.kind)
      const outcome = outcomes.shift() ?? 'ok'
      if (outcome instanceof Error) throw outcome
      if (outcome === 'down') throw networkDown()
      if (outcome === 'held before') await hold()
      const answer = take(item)
      if (outcome === 'held after') await hold()
      if (outcome === 'lost') throw networkDown()
      return answer
    },
    /** Releases all held requests. */
    release() {
      for (const go of held) go()
      held = []
    },
    /** Returns the visible state of the messages. */
    seen: () =>
      messages.map(({ content, deleted, emoji }) =>
        deleted ? 'deleted' : [content, ...[...emoji].sort()].join(' ')
      )
  }
}
