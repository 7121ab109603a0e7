import type { Schema } from './platform/storage/schema.ts'
import type { Reads, Writes } from './platform/storage/store.ts'
import { getConversation, listConversations, startDirectConversation } from './conversations/procedures.ts'
import { pruneEvents, readEvents, readLogBounds } from './event-log/procedures.ts'
import { listFindings } from './platform/storage/findings.ts'
import { renameConversation, startGroup } from './conversations/group-procedures.ts'
import { deleteMessage, editMessage, listVersions } from './messages/change-procedures.ts'
import { findExtras } from './messages/extra-procedures.ts'
import { findSend, listMessages } from './messages/procedures.ts'
import {
  addParticipant,
  changeRole,
  listParticipants,
  removeParticipant
} from './conversations/participant-procedures.ts'
import { addReaction, removeReaction } from './messages/reaction-procedures.ts'
import { markRead } from './messages/read-procedures.ts'
import { listAccounts, setDisabled, setServerRole } from './accounts/procedures.ts'
import { endFamily, endReusedFamily, findReused } from './sessions/family-procedures.ts'
import {
  addSession,
  confirmSession,
  deleteExpiredSessions,
  findSession,
  listSessionEnds,
  listSessionsOf,
  replaceSession,
  touchSessions
} from './sessions/procedures.ts'
import { listAudience, listContacts, listLastSeen, setLastSeen } from './presence/procedures.ts'
import { listPersonalState, putPersonalState } from './personal-state/procedures.ts'
import { openSettings } from './platform/storage/settings.ts'
import { deleteUsedSignIns, useSignIn } from './sign-in/procedures.ts'
import {
  adoptJobs,
  countDeadJobs,
  countJobs,
  enqueueJobs,
  listDeadJobs,
  renewJob,
  turnJobs
} from './platform/jobs/procedures.ts'
import { addUser, findUser, findUserIds, searchUsernames, updateGithubUser } from './people/procedures.ts'

/** Every read, by name: a function of one snapshot of the database and an input. */
export const reads = {
  countDeadJobs,
  countJobs,
  findExtras,
  findReused,
  findSend,
  findSession,
  findUser,
  findUserIds,
  getConversation,
  listAudience,
  listContacts,
  listConversations,
  listDeadJobs,
  listFindings,
  listLastSeen,
  listMessages,
  listParticipants,
  listPersonalState,
  listSessionEnds,
  listSessionsOf,
  listAccounts,
  listVersions,
  readEvents,
  readLogBounds,
  searchUsernames
} satisfies Reads

/** Reads of one statement, which by itself is one snapshot. */
export const singleReads: ReadonlySet<string> = new Set<keyof typeof reads>([
  'countDeadJobs',
  'findReused',
  'findSend',
  'findSession',
  'findUser',
  'listAudience',
  'listContacts',
  'listDeadJobs',
  'listLastSeen',
  'listSessionEnds',
  'listSessionsOf',
  'readLogBounds',
  'searchUsernames'
])

/** Every write but the sends, by name: a function of one transaction and an input. */
export const writes = {
  addParticipant,
  addReaction,
  addSession,
  addUser,
  adoptJobs,
  changeRole,
  confirmSession,
  deleteExpiredSessions,
  deleteMessage,
  deleteUsedSignIns,
  editMessage,
  endFamily,
  endReusedFamily,
  enqueueJobs,
  markRead,
  openSettings,
  pruneEvents,
  putPersonalState,
  removeParticipant,
  removeReaction,
  renameConversation,
  renewJob,
  replaceSession,
  setDisabled,
  setLastSeen,
  setServerRole,
  startDirectConversation,
  startGroup,
  touchSessions,
  turnJobs,
  updateGithubUser,
  useSignIn
} satisfies Writes

/**
 * The tables that a write changes, for those that declare it; the others may change any. On SQLite the send path keeps its
 * caches when a write changes no table that it caches.
 */
export const touches: Partial<Record<keyof typeof writes, readonly (keyof Schema)[]>> = {
  addSession: ['sessions'],
  adoptJobs: ['jobs'],
  confirmSession: ['sessions'],
  deleteExpiredSessions: ['sessions'],
  deleteUsedSignIns: ['used_sign_ins'],
  enqueueJobs: ['jobs'],
  putPersonalState: ['personal_state', 'personal_totals', 'inbox_heads', 'inbox_events'],
  renewJob: ['jobs'],
  replaceSession: ['sessions'],
  touchSessions: ['sessions'],
  turnJobs: ['jobs'],
  useSignIn: ['used_sign_ins']
}
