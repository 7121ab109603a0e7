import { Type, type Static } from 'typebox'
import { idMaxLength, idempotencyKeyMaxLength } from './limits.ts'
import { Role } from './participants.ts'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Id, Text, Time } from './primitives.ts'
import { Param, type Route, conversationParams, sentContent, sentId, strict } from './route.ts'

export const Quote = Type.Object({ id: Id, content: Text, sender: User })

/** The message that another one answers, as it was then; shortened, and kept whatever becomes of the original. */
export type Quote = Static<typeof Quote>

export const Reaction = Type.Object({
  emoji: Text,
  userIds: Type.Array(Id, { description: 'Whose it is, in the order in which they put it there' })
})

/** One emoji on a message, and everybody's whose it is. */
export type Reaction = Static<typeof Reaction>

export const Change = Type.Object({
  kind: Type.Enum([
    'conversation_created',
    'participant_added',
    'participant_removed',
    'role_changed',
    'conversation_renamed'
  ]),
  user: Type.Optional(User),
  role: Type.Optional(Role),
  title: Type.Optional(Text),
  participantCount: Type.Optional(
    Type.Integer({ minimum: 0, description: 'How many they are now that somebody came or went' })
  )
})

/**
 * What a line that nobody wrote tells: that the group was started, who was added (as what), removed (by themselves where
 * `user` is the sender) or given which role, or the new title. The message's sender did it; its `content` says the same
 * in plain English. An owner who makes somebody else the owner becomes an admin by it.
 */
export type Change = Static<typeof Change>

/** What a message has beyond its text; absent where there is nothing to tell. */
const messageExtras = {
  replyTo: Type.Optional(Quote),
  forwardedFrom: Type.Optional(User),
  mentions: Type.Optional(Type.Array(Id, { description: 'The participants named in it with @name' })),
  change: Type.Optional(Change)
}

export const Message = Type.Object({
  id: Id,
  content: Text,
  conversationId: Id,
  createdAt: Time,
  mine: Type.Boolean({ description: 'Whether the reader of this message sent it' }),
  position: Type.Integer({ minimum: 1, description: '1, 2, 3 … without a gap in its conversation' }),
  sender: User,
  clientId: Type.Optional(Text),
  ...messageExtras,
  version: Type.Optional(
    Type.Integer({
      minimum: 2,
      description: 'Grows with each edit and the deletion; absent at first, which is 1'
    })
  ),
  editedAt: Type.Optional(Time),
  deletedAt: Type.Optional(Time),
  reactions: Type.Optional(
    Type.Array(Reaction, { description: 'In the order of their emoji, by code units' })
  )
})

/**
 * A message as one reader sees it; `clientId` is shown to its sender alone. A deleted one keeps its place, with an empty
 * `content` and none of its extras.
 */
export type Message = Static<typeof Message>

/** What is stored of a message beside its text, as it is shown. */
export type MessageExtras = Pick<Message, keyof typeof messageExtras>

export const MessageVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  content: Text,
  replacedAt: Time
})

/** A text that a message had before it was edited or deleted: for moderators alone. */
export type MessageVersion = Static<typeof MessageVersion>

const messageParams = Type.Object({ conversationId: Param, messageId: Param })
const reactionParams = Type.Object({ ...messageParams.properties, emoji: Param })

/** Messages and what is done to them. */
export const messageRoutes = {
  sendMessage: {
    method: 'POST',
    url: paths.messages,
    access: 'user',
    rate: 'send',
    schema: {
      summary: 'Sends a message, or forwards one, once for every key',
      params: conversationParams,
      headers: Type.Object({
        'idempotency-key': Type.Optional(
          Type.String({
            pattern: `^[\\x21-\\x7e]{1,${idempotencyKeyMaxLength}}$`,
            maxLength: idempotencyKeyMaxLength
          })
        )
      }),
      body: Type.Object(
        {
          content: Type.Optional(sentContent('What is said; not when forwarding')),
          replyTo: Type.Optional(sentId('The message that is answered; it is quoted')),
          forwardOf: Type.Optional(sentId('A message of any conversation of mine, to be sent here too')),
          clientId: Type.Optional(Type.String({ format: 'uuid', maxLength: idMaxLength }))
        },
        strict
      ),
      response: { 201: Message }
    }
  },
  messages: {
    method: 'GET',
    url: paths.messages,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Messages, newest first; without `before` it marks them read',
      params: conversationParams,
      querystring: Type.Object(
        {
          before: Type.Optional(sentId()),
          peek: Type.Optional(Type.Literal('1', { description: 'Read without marking read' }))
        },
        strict
      ),
      response: { 200: Type.Array(Message) }
    }
  },
  editMessage: {
    method: 'PATCH',
    url: paths.message,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Says something else in a message of mine',
      params: messageParams,
      body: Type.Object(
        {
          content: sentContent(),
          version: Type.Optional(
            Type.Integer({
              minimum: 1,
              description: 'The one that was edited; another one meanwhile is a 409'
            })
          )
        },
        strict
      ),
      response: { 200: Message }
    }
  },
  deleteMessage: {
    method: 'DELETE',
    url: paths.message,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Deletes a message of mine, or, as an admin, of anybody; its place stays',
      params: messageParams,
      response: { 204: Type.Null() }
    }
  },
  messageVersions: {
    method: 'GET',
    url: paths.messageVersions,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'What a message said before it was edited or deleted, oldest first; for admins of its group',
      params: messageParams,
      response: { 200: Type.Array(MessageVersion) }
    }
  },
  addReaction: {
    method: 'PUT',
    url: paths.reaction,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Puts an emoji on a message, once',
      params: reactionParams,
      response: { 204: Type.Null() }
    }
  },
  removeReaction: {
    method: 'DELETE',
    url: paths.reaction,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Takes my emoji off a message',
      params: reactionParams,
      response: { 204: Type.Null() }
    }
  },
  readMessages: {
    method: 'POST',
    url: paths.readMessages,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Marks the conversation read, up to a message or to its newest',
      params: conversationParams,
      body: Type.Optional(Type.Object({ upTo: Type.Optional(sentId()) }, strict)),
      response: { 204: Type.Null() }
    }
  }
} as const satisfies Record<string, Route>
