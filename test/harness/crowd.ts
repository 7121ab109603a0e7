import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCursor } from '@parley/contract/cursor'
import type { User } from '@parley/contract/entities'
import { Sessions } from '../../server/sessions/sessions.ts'
import type { DatabaseConfig } from '../../server/config.ts'
import { openStore } from '../../server/open-store.ts'
import { call } from './api.ts'

/** Somebody of a crowd, signed in. */
export type Member = { user: User; token: string }

/** A conversation of two members. */
export type Pair = { conversationId: string; members: [Member, Member] }

/** Everybody, and the data folder they are in, unless another database was named. */
export type Crowd = { dataDir: string; members: Member[]; pairs: Pair[] }

/**
 * A data folder with `count` people who are signed in, written before a server runs on it: ten thousand logins take a
 * while. Two neighbours each (0 and 1, 2 and 3 …) have a conversation when `paired`.
 */
export async function makeCrowd(
  count: number,
  { paired = false, database }: { paired?: boolean; database?: DatabaseConfig } = {}
): Promise<Crowd> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-crowd-'))
  const store = await openStore(database ?? { kind: 'sqlite', path: join(dataDir, 'parley.db') })
  try {
    const sessions = new Sessions(store)
    const now = Date.now()
    const members = await Promise.all(
      Array.from({ length: count }, async (_, index): Promise<Member> => {
        const username = `person-${index}`
        const user = await store.write('addUser', {
          username,
          key: username,
          avatarURL: null,
          githubId: null,
          now
        })
        return { user: user!, token: (await sessions.start(Number(user!.id))).token }
      })
    )
    const pairs = await Promise.all(
      Array.from({ length: paired ? count >> 1 : 0 }, async (_, index): Promise<Pair> => {
        const [one, two] = [members[2 * index]!, members[2 * index + 1]!]
        const { id } = await store.write('startDirectConversation', { me: one.user, other: two.user, now })
        return { conversationId: String(id), members: [one, two] }
      })
    )
    return { dataDir, members, pairs }
  } finally {
    await store.close()
  }
}

/** The head of each member's log, by name: what their streams must come to. */
export async function readHeads(url: string, members: Member[]): Promise<Record<string, number>> {
  const heads: Record<string, number> = {}
  const waiting = members.values()
  async function readNext(): Promise<void> {
    for (const { user, token } of waiting) {
      const { headers } = await call(`${url}/api/conversations`, {
        headers: { authorization: `Bearer ${token}` }
      })
      heads[user.username] = parseCursor(headers.get('event-cursor')!)!.seq
    }
  }
  await Promise.all(Array.from({ length: 16 }, readNext))
  return heads
}
