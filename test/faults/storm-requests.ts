import type { Role } from '@parley/contract/participants'

/** Acts of a storm besides the writers' sends. */
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
  'conversation fetched'
] as const
export type Act = (typeof acts)[number]

/** An act of a user and its known outcome. Times are in ms. */
export type StormRequest = {
  readonly act: Act
  readonly by: string
  /** Empty for a group that is being created. */
  readonly conversationId: string
  readonly whom?: string
  readonly role?: Role
  readonly title?: string
  readonly history?: 'all' | 'joined'
  readonly usernames?: readonly string[]
  readonly messageId?: string
  readonly emoji?: string
  readonly version?: number
  readonly requestedAt: number
  /** Null without a response; the act may nevertheless have been executed, or be executed later. */
  answer: {
    readonly at: number
    readonly status: number
    readonly code: string | null
    readonly body: unknown
  } | null
}

/** Counts acknowledged acts and refusals. */
export function countRequests(requests: readonly StormRequest[]): {
  done: Record<Act, number>
  refused: Record<string, number>
} {
  const done = Object.fromEntries(acts.map((act) => [act, 0])) as Record<Act, number>
  const refused: Record<string, number> = {}
  for (const { act, answer } of requests) {
    if (!answer) continue
    if (answer.code === null) done[act]++
    else refused[`${answer.status} ${answer.code}`] = (refused[`${answer.status} ${answer.code}`] ?? 0) + 1
  }
  return { done, refused }
}
