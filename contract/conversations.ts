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
  title: Type.Union([Text, Type.Null()], { description: 'Title of a group; null in a direct conversation' }),
  otherParticipant: Type.Union([User, Type.Null()], {
    description: 'The other user of a direct conversation; null in a group'
  }),
  participantCount: Type.Integer({ minimum: 1 }),
  role: Role,
  lastMessage: Type.Union([Message, Type.Null()]),
  hasUnreadMessages: Type.Boolean(),
  unreadCount: Type.Integer({ minimum: 0 }),
  unreadMentions: Type.Array(Type.Integer({ minimum: 1 }), {
    description: 'Positions of unread messages that mention the caller, at most 100'
  }),
  readUpTo: Type.Integer({ minimum: 0, description: "The caller's read mark, as a message's position" })
})

/** A conversation as one participant sees it; `role` is that participant's. */
export type Conversation = Static<typeof Conversation>

/** Conversations. */
export const conversationRoutes = {
  startConversation: {
    method: 'POST',
    url: paths.conversations,
    access: 'user',
    rate: 'change',
    schema: {
      summary:
        'Starts a group, or a direct conversation; returns the existing direct conversation if there is one',
      body: Type.Object(
        {
          username: Type.Optional(
            sentUsername('The other user of a direct conversation; no other field is allowed then')
          ),
          title: Type.Optional(sentTitle('Title of a group')),
          usernames: Type.Optional(
            Type.Array(sentUsername(), {
              maxItems: participantsMax,
              description: 'The other members of a group'
            })
          ),
          history: Type.Optional(
            Type.Enum(['all', 'joined'], {
              description:
                'What members who join a group later see: all messages (the default), or those since they joined'
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
      summary: 'Lists your conversations with at least one message, most recent first',
      querystring: Type.Object({ before: Type.Optional(sentId()) }, strict),
      response: { 200: Type.Array(Conversation) }
    }
  },
  conversation: {
    method: 'GET',
    url: paths.conversation,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Returns one of your conversations',
      params: conversationParams,
      response: { 200: Conversation }
    }
  },
  renameConversation: {
    method: 'PATCH',
    url: paths.conversation,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Renames a group',
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
    schema: {
      summary: 'Returns the other user of a direct conversation',
      params: conversationParams,
      response: { 200: User }
    }
  }
} as const satisfies Record<string, Route>
