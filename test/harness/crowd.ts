import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCursor } from '@parley/contract/cursor'
import type { User } from '@parley/contract/people'
import { Sessions } from '../../server/sessions/sessions.ts'
import type { DatabaseConfig } from '../../server/config.ts'
import { openStore } from '../../server/open-store.ts'
import { call } from './api.ts'

/** A signed-in member of a crowd. */
export type Member = { user: User; token: string }

/** A conversation between two members. */
export type Pair = { conversationId: string; members: [Member, Member] }

/** The members and their data folder, unless another database was given. */
export type Crowd = { dataDir: string; members: Member[]; pairs: Pair[] }

/**
 * Writes `count` signed-in users into a data folder before a server runs on it, because ten thousand logins
 * take too long. With `paired`, each two neighbours (0 and 1, 2 and 3 …) have a conversation.
 */
export async function createCrowd(
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

/** Returns the head of each member's log, by username: where their streams must arrive. */
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
