import type { Participant, Role } from '@parley/contract/participants'
import { userColumns, userOf, type UserColumns } from '../people/rows.ts'

export type ParticipantColumns = UserColumns & { role: Role; joined_at: number; read_up_to: number }

export const participantColumns = [
  'participants.role',
  'participants.joined_at',
  'participants.read_up_to',
  ...userColumns
] as const

/** `receipts`: whether it is shown how far each has read. */
export function participantOf(row: ParticipantColumns, receipts: boolean): Participant {
  return {
    user: userOf(row),
    role: row.role,
    joinedAt: new Date(row.joined_at).toISOString(),
    readUpTo: receipts ? row.read_up_to : null
  }
}
