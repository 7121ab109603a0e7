import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import type { Act, StormRequest } from './storm-requests.ts'
import { openStormLink, type Storm } from './storm-link.ts'
import type { PersonLog } from './storm-log.ts'
import { pause, randomOf } from './storm-record.ts'

type Options = { storm: Storm; token: string; log: PersonLog }

/** Marks messages as read and fetches snapshots continuously; the log compares these with the events. */
export async function runChecker({ storm, token, log }: Options): Promise<void> {
  const { record } = storm
  const name = `${log.person.name}'s checker`
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)

  /** A member who was just removed is refused; such a refusal is judged at the end. */
  async function ask<Body>(act: Act, conversationId: string, path: string, messageId?: string) {
    const details = { act, by: log.person.id, conversationId, ...(messageId !== undefined && { messageId }) }
    const request: StormRequest = { ...details, requestedAt: Date.now(), answer: null }
    record.requests.push(request)
    const isRead = act === 'conversation read'
    const answer = await link.ask<Body & { code?: string }>({
      method: isRead ? 'POST' : 'GET',
      path: `/api/conversations/${conversationId}${path}`,
      token,
      ...(isRead && messageId !== undefined && { body: { upTo: messageId } }),
      expected: [isRead ? 204 : 200, 404]
    })
    if (!answer) return null
    const { status, body } = answer
    request.answer = { at: Date.now(), status, code: status < 300 ? null : body.code!, body: null }
    return status < 300 ? answer : null
  }

  while (!record.calm && !record.broken) {
    await pause(random() * 100)
    const roll = random()
    const conversations = [...log.observed.conversations.keys()]
    const id = random() < 0.6 ? conversations[0] : conversations[Math.floor(random() * conversations.length)]
    if (id === undefined) continue
    if (roll < 0.15) {
      await ask('conversation read', id, '/read_messages')
    } else if (roll < 0.45) {
      const answer = await ask<Conversation>('conversation fetched', id, '')
      if (answer) log.refetchedConversation(cursorOf(answer), answer.body)
    } else if (roll < 0.65) {
      const answer = await link.ask<Conversation[]>({ path: '/api/conversations', token, expected: [200] })
      if (answer) log.refetchedList(cursorOf(answer), answer.body)
    } else {
      // Half of these requests mark the returned messages as read.
      const page = `/messages${roll < 0.82 ? '?peek=1' : ''}`
      const answer = await ask<Message[]>('conversation fetched', id, page)
      if (!answer) continue
      log.refetchedMessages(cursorOf(answer), id, answer.body)
      const upTo = answer.body[Math.floor(random() * answer.body.length)]?.id
      if (upTo === undefined || random() < 0.5) continue
      await ask('conversation read', id, '/read_messages', upTo)
      const older = await ask<Message[]>('conversation fetched', id, `/messages?before=${upTo}`, upTo)
      for (const message of older?.body ?? []) record.facts.see(message, name)
    }
  }
  await link.close()
}

function cursorOf({ headers }: { headers: Headers }): string | null {
  return headers.get('event-cursor')
}
