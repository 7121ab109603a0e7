import type { Generated } from 'kysely'

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
}

export type ConversationRow = {
  id: Generated<number>
  kind: 'direct'
  /** `<lower user id>:<higher user id>`; unique, so that two people have one conversation. */
  direct_key: string | null
  last_message_id: number | null
  last_position: number
  created_at: Millis
}

export type ParticipantRow = {
  conversation_id: number
  user_id: number
  /** The position up to which this person has read; never goes back. */
  read_up_to: number
  joined_at: Millis
}

export type MessageRow = {
  id: Generated<number>
  conversation_id: number
  position: number
  sender_id: number
  content: string
  kind: string | null
  body: string | null
  /** The key that its sender gave, shown to the sender alone. */
  client_id: string | null
  created_at: Millis
  edited_at: Millis | null
  deleted_at: Millis | null
}

/** One row for every send ever acknowledged; outlives its message, so that a retry is recognised for ever. */
export type SendRow = { sender_id: number; key: string; payload_hash: string; message_id: number }

export type InboxHeadRow = { user_id: number; head: number; floor: number }

export type InboxEventRow = {
  user_id: number
  seq: number
  kind: 'message' | 'read' | 'conversation_created'
  /** What a `message` event points at; its JSON is made at read. */
  message_id: number | null
  /** The JSON of every other kind. */
  payload: string | null
  created_at: Millis
}

export type Schema = {
  settings: SettingRow
  users: UserRow
  sessions: SessionRow
  conversations: ConversationRow
  participants: ParticipantRow
  messages: MessageRow
  sends: SendRow
  inbox_heads: InboxHeadRow
  inbox_events: InboxEventRow
}
