import { Type } from 'typebox'
import { Conversation, Participant, Role, User } from './entities.ts'
import { participantsMax } from './limits.ts'
import { paths } from './paths.ts'
import { conversationParams, Param, sentId, sentTitle, sentUsername, strict, type Route } from './route.ts'

const participantParams = Type.Object({ conversationId: Param, userId: Param })

/** People, and the conversations that they are in. */
export const conversationRoutes = {
  usernames: {
    method: 'GET',
    url: paths.usernames,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Usernames that start so, without mine',
      querystring: Type.Object({ search: sentUsername() }, strict),
      response: { 200: Type.Array(Type.String()) }
    }
  },
  startConversation: {
    method: 'POST',
    url: paths.conversations,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Starts a group, or a conversation with one other person, or finds the one there is with them',
      body: Type.Object(
        {
          username: Type.Optional(sentUsername('The other one, and nothing else')),
          title: Type.Optional(sentTitle('Of a group')),
          usernames: Type.Optional(
            Type.Array(sentUsername(), { maxItems: participantsMax, description: 'Of a group: the others' })
          ),
          history: Type.Optional(
            Type.Enum(['all', 'joined'], {
              description: 'Of a group: what those who are added later see; all, unless it is given'
            })
          )
        },
        strict
      ),
      response: { 200: Conversation, 201: Conversation }
    }
  },
  conversations: {
    method: 'GET',
    url: paths.conversations,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Mine that have a message, newest message first',
      querystring: Type.Object({ before: Type.Optional(sentId()) }, strict),
      response: { 200: Type.Array(Conversation) }
    }
  },
  conversation: {
    method: 'GET',
    url: paths.conversation,
    access: 'user',
    rate: 'read',
    schema: { summary: 'One conversation', params: conversationParams, response: { 200: Conversation } }
  },
  renameConversation: {
    method: 'PATCH',
    url: paths.conversation,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Gives a group another title',
      params: conversationParams,
      body: Type.Object({ title: sentTitle() }, strict),
      response: { 200: Conversation }
    }
  },
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
  },
  otherParticipant: {
    method: 'GET',
    url: paths.otherParticipant,
    access: 'user',
    rate: 'read',
    schema: { summary: 'The other one', params: conversationParams, response: { 200: User } }
  }
} as const satisfies Record<string, Route>
