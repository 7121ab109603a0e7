import type { Role } from '@parley/contract/participants'
import type { ServerRole } from '@parley/contract/primitives'
import type { PersonalKind } from '@parley/contract/personal-state'
import type { Generated } from 'kysely'
import type { RowOf } from './columns.ts'

/** Milliseconds since 1970, UTC. */
type Millis = number

export type SettingRow = { name: string; value: string }

export type UserRow = {
  id: Generated<number>
  username: string
  /** The NFKC-normalised, lowercased username: what makes it unique, and what searches go by. */
  username_key: string
  avatar_url: string | null
  github_id: string | null
  created_at: Millis
  last_seen_at: Generated<Millis | null>
  /** Since when the account is disabled; null while it is not. */
  disabled_at: Generated<Millis | null>
  role: Generated<ServerRole>
}

export type SessionRow = {
  id: Generated<number>
  user_id: number
  /** SHA-256 of the token, base64url; the token itself is never stored. */
  token_hash: string
  created_at: Millis
  expires_at: Millis
  /** The session that this one was refreshed from; it ends at the first use of this one. */
  replaces_id: number | null
  /** Shared by all sessions that were refreshed from one sign-in; null in rows of older versions. */
  family_id: Generated<string | null>
  /** When the family ends, however often it is refreshed. */
  absolute_end: Generated<Millis | null>
  /** When the person last proved who they are. */
  authenticated_at: Generated<Millis | null>
  /** To the hour. */
  last_used_at: Generated<Millis | null>
  /** For people: "Firefox on Linux". */
  device: Generated<string | null>
  /** When this session was first refreshed; null of the newest one of its family. */
  superseded_at: Generated<Millis | null>
  /** With this session's token, it gives the successor's token. Null once the successor is in use. */
  successor_salt: Generated<string | null>
}

/** A sign-in at a provider that has come back: it counts once. Kept until its state would be refused as too old. */
export type UsedSignInRow = { state_hash: string; expires_at: Millis }

export type ConversationRow = {
  id: Generated<number>
  kind: 'direct' | 'group'
  /** `<lower user id>:<higher user id>`; unique, so that two people have one conversation. */
  direct_key: string | null
  last_message_id: number | null
  last_position: number
  created_at: Millis
  /** Of a group. */
  title: Generated<string | null>
  /** What those who are added later see: `visible_from` of their rows follows from it. */
  history: Generated<'all' | 'joined'>
}

export type ParticipantRow = {
  conversation_id: number
  user_id: number
  /** The position up to which this person has read; never goes back. */
  read_up_to: number
  joined_at: Millis
  role: Generated<Role>
  /** Messages at positions above this one are theirs to see. */
  visible_from: Generated<number>
}

/** What a message said before it was edited or deleted. */
export type MessageVersionRow = {
  message_id: number
  version: number
  content: string
  replaced_at: Millis
  replaced_by: number
}

export type InboxHeadRow = { user_id: number; head: number; floor: number }

/** What a person keeps for themselves. */
export type PersonalStateRow = {
  user_id: number
  kind: PersonalKind
  key: string
  version: number
  /** JSON; null of a tombstone. */
  value: string | null
  /** What it counts of the person's space; 0 of a tombstone. */
  bytes: number
  changed_at: Millis
}

/** Totals of one user's personal state; every change locks this row. */
export type PersonalTotalRow = {
  user_id: number
  bytes: number
  tombstones: number
  /** The greatest version of a tombstone that was dropped: a new value begins above it. */
  dropped_version: number
}

/** A durable background job; see `platform/jobs`. Times are ms by the database's clock. */
export type JobRow = {
  id: Generated<number>
  /** Which handler runs it. */
  queue: string
  /** Unique among the live jobs of its queue. */
  key: string
  /** JSON. */
  payload: string
  /** The database's epoch when it was enqueued. */
  epoch: string
  /** The earliest time to run; 0 is at once. */
  run_at: Millis
  /** Of a leased job that was enqueued again: when it runs after that. */
  next_run_at: Millis | null
  /** Grows with each enqueueing and each lease; an acknowledgement expects the lease's. */
  generation: Generated<number>
  /** Leases without an acknowledgement. */
  attempts: Generated<number>
  leased_until: Millis | null
  /** The runner that holds the lease. */
  leased_by: string | null
  last_error: string | null
  /** When it failed for the last time; null while it is live. */
  dead_at: Millis | null
}

export type Schema = {
  settings: SettingRow
  users: UserRow
  sessions: SessionRow
  used_sign_ins: UsedSignInRow
  conversations: ConversationRow
  participants: ParticipantRow
  messages: RowOf<'messages'>
  message_versions: MessageVersionRow
  mentions: RowOf<'mentions'>
  sends: RowOf<'sends'>
  inbox_heads: InboxHeadRow
  inbox_events: RowOf<'inbox_events'>
  personal_state: PersonalStateRow
  personal_totals: PersonalTotalRow
  jobs: JobRow
}

/** The name of every table. */
export const tables = Object.keys({
  settings: true,
  users: true,
  sessions: true,
  used_sign_ins: true,
  conversations: true,
  participants: true,
  messages: true,
  message_versions: true,
  mentions: true,
  sends: true,
  inbox_heads: true,
  inbox_events: true,
  personal_state: true,
  personal_totals: true,
  jobs: true
} satisfies Record<keyof Schema, true>) as (keyof Schema)[]
