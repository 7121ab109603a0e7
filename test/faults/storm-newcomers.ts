import type { Conversation } from '@parley/contract/conversations'
import type { Message } from '@parley/contract/messages'
import { openStormLink, signIn, type Session, type Storm, type StormLink } from './storm-link.ts'
import { openPersonLog } from './storm-log.ts'
import { startReader } from './storm-reader.ts'
import { pause, randomOf } from './storm-record.ts'
import { keyOf } from './storm-writer.ts'

type Options = {
  storm: Storm
  host: Session
  epoch: string
  newcomers: readonly string[]
  numberFrom: number
}

/** Messages that each of two new contacts sends. */
const messagesEach = 3

/**
 * Newcomers, one after the other, and `host` start a conversation with each other at the same time and talk;
 * resolves in the calm.
 */
export async function startNewcomers({ storm, host, epoch, newcomers, numberFrom }: Options): Promise<void> {
  const { record } = storm
  const random = randomOf(storm.seed, `${host.user.username} meets`)
  const isOver = () => record.broken !== null
  const waitMs = () => random() * 100
  const links: StormLink[] = []

  async function meet(newcomer: string, number: number): Promise<void> {
    const [hosts, theirs] = [`${host.user.username}, meeting ${newcomer},`, newcomer].map((name) =>
      openStormLink(storm, name)
    ) as [StormLink, StormLink]
    links.push(hosts, theirs)
    const guest = await signIn(theirs, newcomer, isOver)
    if (!guest) return
    record.inject('conversation started by both at once', `${host.user.username} and ${newcomer}`)
    const start = (link: StormLink, { token }: Session, username: string) => {
      const question = { method: 'POST', path: '/api/conversations', token, body: { username } }
      return link.askOn<Conversation>({ ...question, expected: [200, 201] }, isOver, waitMs)
    }
    const started = await Promise.all([
      start(hosts, host, newcomer),
      start(theirs, guest, host.user.username)
    ])
    const [id, other] = started.map((answer) => answer?.body.id)
    if (id === undefined || isOver()) return
    if (id !== other)
      record.violate(`${newcomer} and ${host.user.username} have two conversations: ${id}, ${other}`)

    // The newcomer's log from its first event, read while it is written.
    const person = { id: guest.user.id, name: newcomer }
    const log = openPersonLog(record, person, epoch)
    const reader = startReader({ name: `${newcomer}'s reader`, storm, log, from: log.bookmark() })
    const path = `/api/conversations/${id}`
    const send = async (link: StormLink, { token }: Session, sender: number) => {
      for (let n = 1; n <= messagesEach; n++) {
        record.facts.write(`message ${n}`)
        const body = { content: `message ${n}`, clientId: keyOf(number + sender, n) }
        const question = { method: 'POST', path: `${path}/messages`, token, body, expected: [201] }
        const answer = await link.askOn<Message>(question, isOver, waitMs)
        if (answer) record.acknowledge(body.clientId, answer.body)
      }
    }
    await Promise.all([send(hosts, host, 0), send(theirs, guest, 1)])
    const answer = await theirs.askOn<Conversation>(
      { path, token: guest.token, expected: [200] },
      isOver,
      waitMs
    )
    if (answer) log.refetchedConversation(answer.headers.get('event-cursor'), answer.body)
    // The creation and all messages; more if the host has read it in the meantime.
    const head = 1 + 2 * messagesEach
    while ((reader.seq < head || log.compared === 0) && !isOver()) await pause(20)
    await reader.stop()
    for (const link of links.splice(0)) await link.close()
  }

  for (const [i, newcomer] of newcomers.entries()) {
    await pause(random() * 1_500)
    if (record.calm || isOver()) break
    await meet(newcomer, numberFrom + 2 * i)
  }
  for (const link of links) await link.close()
}
