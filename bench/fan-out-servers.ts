import { startCallee, type Callee } from '../test/harness/calls.ts'
import type { FanOutCommands, Opening, Publication } from './load/fan-out-process.ts'
import { startNchan } from './nchan.ts'
import { loadCore, serverCore, startPinnedParley } from './servers.ts'

const content = 'hello jane, how are you?'

/** A server that sends each publication to all streams of one user. */
export type FanOutServer = {
  pids: number[]
  opening: Opening
  publication: Omit<Publication, 'publishers' | 'count'>
  close(): Promise<void>
}

/** Starts the process that opens the streams, publishes and counts. */
export function startFanOutReaders(): Callee<FanOutCommands> {
  const file = new URL('./load/fan-out-process.ts', import.meta.url).pathname
  return startCallee<FanOutCommands>(file, { core: loadCore })
}

/** Starts nginx with nchan and one worker; its message has the size of Parley's and stays in memory. */
export async function startNchanServer(): Promise<FanOutServer> {
  const nchan = await startNchan(serverCore)
  const { port, pids } = nchan
  const message = {
    id: '123456',
    content,
    conversationId: '1',
    createdAt: new Date().toISOString(),
    mine: false,
    position: 123_456,
    sender: { id: '1', username: 'person-0', avatarURL: null }
  }
  return {
    pids,
    opening: { port, request: requestOf(port, '/subscribe', 'none'), opened: '200 OK' },
    publication: { port, path: '/publish', token: 'none', body: JSON.stringify(message) },
    close: () => nchan.close()
  }
}

export async function startParleyServer(): Promise<FanOutServer> {
  const pinned = await startPinnedParley(2, { PARLEY_STREAMS_PER_USER: '20000' })
  const { parley, port, pairs } = pinned
  const [{ conversationId, members }] = pairs as [(typeof pairs)[number]]
  return {
    pids: [parley.pid],
    opening: {
      port,
      request: requestOf(port, '/api/messages', members[1].token),
      opened: 'event: sync'
    },
    publication: {
      port,
      path: `/api/conversations/${conversationId}/messages`,
      token: members[0].token,
      body: JSON.stringify({ content })
    },
    close: () => pinned.close()
  }
}

function requestOf(port: number, path: string, token: string): string {
  const headers = [`Host: localhost:${port}`, 'Accept: text/event-stream', `Authorization: Bearer ${token}`]
  return `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
}
