import type { Role } from './participants.ts'
import type { ServerRole } from './primitives.ts'

/** What a participant may do in a group beyond reading and writing, by role. The server and the web app both use this table. */
export const mayDo = {
  rename: ['owner', 'admin'],
  add_participant: ['owner', 'admin'],
  remove_member: ['owner', 'admin'],
  remove_admin: ['owner'],
  /** Includes transferring ownership; the former owner becomes an admin. */
  change_role: ['owner'],
  delete_any_message: ['owner', 'admin'],
  /** Texts of messages before they were edited or deleted. */
  read_versions: ['owner', 'admin']
} as const satisfies Record<string, readonly Role[]>

export type GroupAction = keyof typeof mayDo

/** Returns whether a role allows an action. No one can remove the owner; an owner can leave, and ownership passes on. */
export function may(role: Role, action: GroupAction): boolean {
  return (mayDo[action] as readonly Role[]).includes(role)
}

const serverRanks = { member: 0, moderator: 1, administrator: 2 } as const satisfies Record<
  ServerRole,
  number
>

/** The server roles, from the lowest to the highest. */
export const serverRoles = Object.keys(serverRanks) as readonly ServerRole[]

/** Returns whether `role` is `required` or a higher server role. A role that only newer versions know includes none. */
export function includesRole(role: ServerRole, required: ServerRole): boolean {
  return serverRanks[role] >= serverRanks[required]
}
