import type { Kysely } from 'kysely'
import type { CommittedEvent } from '../event-log.ts'
import type { Schema } from '../schema.ts'
import { getConversation, listConversations, startDirectConversation } from './conversations.ts'
import { pruneEvents, readEvents, readHeads, readLogBounds } from './events.ts'
import { listFindings } from './findings.ts'
import { findSend, listMessages } from './messages.ts'
import { markRead } from './reads.ts'
import {
  addSession,
  confirmSession,
  deleteExpiredSessions,
  endSession,
  findSession,
  listSessionEnds,
  replaceSession
} from './sessions.ts'
import { openSettings } from './settings.ts'
import { addUser, findUser, searchUsernames, updateGithubUser } from './users.ts'

/** Every read, by name: a function of one snapshot of the database and an input. */
export const reads = {
  findSend,
  findSession,
  findUser,
  getConversation,
  listConversations,
  listFindings,
  listMessages,
  listSessionEnds,
  readEvents,
  readHeads,
  readLogBounds,
  searchUsernames
}

/** Every write but the sends, by name: a function of one transaction and an input. */
export const writes = {
  addSession,
  addUser,
  confirmSession,
  deleteExpiredSessions,
  endSession,
  markRead,
  openSettings,
  pruneEvents,
  replaceSession,
  startDirectConversation,
  updateGithubUser
}

export type Reads = typeof reads
export type Writes = typeof writes
export type ReadName = keyof Reads
export type WriteName = keyof Writes
type Procedures = Reads & Writes
export type ProcedureName = keyof Procedures
export type InputOf<Name extends ProcedureName> = Parameters<Procedures[Name]>[1]
export type ReadResult<Name extends ReadName> = Awaited<ReturnType<Reads[Name]>>
export type WriteResult<Name extends WriteName> = Awaited<ReturnType<Writes[Name]>>['result']

/** The procedures with their types folded, for whoever runs them by name. */
export type AnyRead = (db: Kysely<Schema>, input: unknown) => Promise<unknown>
export type AnyWrite = (
  db: Kysely<Schema>,
  input: unknown
) => Promise<{ result: unknown; committed?: CommittedEvent[] }>
