import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Time } from './primitives.ts'
import { Param, type Route, conversationParams, sentId, sentUsername, strict } from './route.ts'

export const Role = Type.Enum(['owner', 'admin', 'member'])

/** What somebody is in a conversation; `roles.ts` says what each may do. Two people are both members. */
export type Role = Static<typeof Role>

export const Participant = Type.Object({
  user: User,
  role: Role,
  joinedAt: Time,
  readUpTo: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'A position; null where receipts are not shown'
  })
})

/** Somebody in a conversation. */
export type Participant = Static<typeof Participant>

const participantParams = Type.Object({ conversationId: Param, userId: Param })

/** Who is in a conversation. */
export const participantRoutes = {
  participants: {
    method: 'GET',
    url: paths.participants,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Who is in it, in the order in which they came, 100 a page',
      params: conversationParams,
      querystring: Type.Object(
        { after: Type.Optional(sentId("The user id of the page before's last")) },
        strict
      ),
      response: { 200: Type.Array(Participant) }
    }
  },
  addParticipant: {
    method: 'POST',
    url: paths.participants,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Adds somebody to a group, or finds them there',
      params: conversationParams,
      body: Type.Object(
        {
          username: sentUsername(),
          role: Type.Optional(Type.Enum(['admin', 'member']))
        },
        strict
      ),
      response: { 200: Participant, 201: Participant }
    }
  },
  changeRole: {
    method: 'PATCH',
    url: paths.participant,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Gives somebody another role; who makes another one the owner is an admin from then on',
      params: participantParams,
      body: Type.Object({ role: Role }, strict),
      response: { 200: Participant }
    }
  },
  removeParticipant: {
    method: 'DELETE',
    url: paths.participant,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Removes somebody from a group; myself: I leave, and an owner passes the group on',
      params: participantParams,
      response: { 204: Type.Null() }
    }
  }
} as const satisfies Record<string, Route>
