import { Type, type Static } from 'typebox'
import { participantsMax } from './limits.ts'
import { Message } from './messages.ts'
import { Role } from './participants.ts'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Id, Text } from './primitives.ts'
import { type Route, conversationParams, sentId, sentTitle, sentUsername, strict } from './route.ts'

export const Conversation = Type.Object({
  id: Id,
  kind: Type.Enum(['direct', 'group']),
  title: Type.Union([Text, Type.Null()], { description: 'Of a group; null for two people' }),
  otherParticipant: Type.Union([User, Type.Null()], { description: 'Of two people; null in a group' }),
  participantCount: Type.Integer({ minimum: 1 }),
  role: Role,
  lastMessage: Type.Union([Message, Type.Null()]),
  hasUnreadMessages: Type.Boolean(),
  unreadCount: Type.Integer({ minimum: 0 }),
  unreadMentions: Type.Array(Type.Integer({ minimum: 1 }), {
    description: 'Positions of unread messages that mention the reader, 100 at most'
  }),
  readUpTo: Type.Integer({ minimum: 0, description: "The reader's own read mark, a message's position" })
})

/** A conversation as one participant sees it; `role` is theirs. */
export type Conversation = Static<typeof Conversation>

/** Conversations. */
export const conversationRoutes = {
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
  otherParticipant: {
    method: 'GET',
    url: paths.otherParticipant,
    access: 'user',
    rate: 'read',
    schema: { summary: 'The other one', params: conversationParams, response: { 200: User } }
  }
} as const satisfies Record<string, Route>
