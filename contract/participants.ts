import { Type, type Static } from 'typebox'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Time } from './primitives.ts'
import { Param, type Route, conversationParams, sentId, sentUsername, strict } from './route.ts'

export const Role = Type.Enum(['owner', 'admin', 'member'])

/** A participant's role; `roles.ts` lists what each role may do. Both users of a direct conversation are members. */
export type Role = Static<typeof Role>

export const Participant = Type.Object({
  user: User,
  role: Role,
  joinedAt: Time,
  readUpTo: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'A position; null in conversations without read receipts'
  })
})

/** A user in a conversation. */
export type Participant = Static<typeof Participant>

const participantParams = Type.Object({ conversationId: Param, userId: Param })

/** Participants of conversations. */
export const participantRoutes = {
  participants: {
    method: 'GET',
    url: paths.participants,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Lists the participants in the order in which they joined, 100 a page',
      params: conversationParams,
      querystring: Type.Object(
        { after: Type.Optional(sentId('User id of the last participant on the previous page')) },
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
      summary: 'Adds a user to a group; returns the participant if they are a member already',
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
      summary: 'Changes the role of a participant; an owner who transfers ownership becomes an admin',
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
      summary: 'Removes a participant from a group, or leaves it; ownership passes on when the owner leaves',
      params: participantParams,
      response: { 204: Type.Null() }
    }
  }
} as const satisfies Record<string, Route>
