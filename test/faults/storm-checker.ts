import type { Conversation, Message } from '@parley/contract/entities'
import { openStormLink, type Storm } from './storm-link.ts'
import type { PersonLog } from './storm-log.ts'
import { pause, randomOf } from './storm-record.ts'

type Options = { storm: Storm; token: string; log: PersonLog }

/** Marks read and fetches what there is, all the time; the log compares it with what the events said. */
export async function runChecker({ storm, token, log }: Options): Promise<void> {
  const { record } = storm
  const name = `${log.person.name}'s checker`
  const random = randomOf(storm.seed, name)
  const link = openStormLink(storm, name)
  const get = <Body>(path: string) => link.ask<Body>({ path, token, expected: [200] })

  while (!record.calm && !record.broken) {
    await pause(random() * 100)
    const roll = random()
    const conversations = [...log.conversations.keys()]
    const id =
      random() < 0.6 ? conversations[0]! : conversations[Math.floor(random() * conversations.length)]!
    const path = `/api/conversations/${id}`
    if (roll < 0.15) {
      await link.ask({ method: 'POST', path: `${path}/read_messages`, token, expected: [204] })
    } else if (roll < 0.45) {
      const answer = await get<Conversation>(path)
      if (answer) log.refetchedConversation(cursorOf(answer), answer.body)
    } else if (roll < 0.65) {
      const answer = await get<Conversation[]>('/api/conversations')
      if (answer) log.refetchedList(cursorOf(answer), answer.body)
    } else {
      // Half of them mark read what they show.
      const answer = await get<Message[]>(`${path}/messages${roll < 0.82 ? '?peek=1' : ''}`)
      if (!answer) continue
      log.refetchedMessages(cursorOf(answer), id, answer.body)
      const upTo = answer.body[Math.floor(random() * answer.body.length)]?.id
      if (upTo === undefined || random() < 0.5) continue
      const body = { upTo }
      await link.ask({ method: 'POST', path: `${path}/read_messages`, token, body, expected: [204] })
      const older = await get<Message[]>(`${path}/messages?before=${upTo}`)
      for (const { id: older_, position } of older?.body ?? []) record.place(id, position, older_, name)
    }
  }
  await link.close()
}

function cursorOf({ headers }: { headers: Headers }): string | null {
  return headers.get('event-cursor')
}
