import type { Role } from '@parley/contract/entities'

/** What people do in a storm beside writing as fast as they can. */
export const acts = [
  'group started',
  'group renamed',
  'person added',
  'person removed',
  'person left',
  'role changed',
  'message sent',
  'message answered',
  'message forwarded',
  'message edited',
  'message deleted',
  'reaction added',
  'reaction removed',
  'conversation read',
  'conversation looked at'
] as const
export type Act = (typeof acts)[number]

/** One act of somebody's, and what became of it as far as they know. Times are ms. */
export type Ask = {
  readonly act: Act
  readonly by: string
  /** Empty for a group that is to be. */
  readonly conversationId: string
  readonly whom?: string
  readonly role?: Role
  readonly title?: string
  readonly history?: 'all' | 'joined'
  readonly usernames?: readonly string[]
  readonly messageId?: string
  readonly emoji?: string
  readonly version?: number
  readonly askedAt: number
  /** Null for as long as there was no answer; it may have been done all the same, or be done yet. */
  answer: {
    readonly at: number
    readonly status: number
    readonly code: string | null
    readonly body: unknown
  } | null
}

/** How often each act was acknowledged, and what was refused. */
export function countAsks(asks: readonly Ask[]): {
  done: Record<Act, number>
  refused: Record<string, number>
} {
  const done = Object.fromEntries(acts.map((act) => [act, 0])) as Record<Act, number>
  const refused: Record<string, number> = {}
  for (const { act, answer } of asks) {
    if (!answer) continue
    if (answer.code === null) done[act]++
    else refused[`${answer.status} ${answer.code}`] = (refused[`${answer.status} ${answer.code}`] ?? 0) + 1
  }
  return { done, refused }
}
