import { Type, type Static } from 'typebox'
import { idMaxLength, idempotencyKeyMaxLength, versionsListed } from './limits.ts'
import { Role } from './participants.ts'
import { paths } from './paths.ts'
import { User } from './people.ts'
import { Id, Text, Time } from './primitives.ts'
import { Param, type Route, conversationParams, sentContent, sentId, strict } from './route.ts'

export const Quote = Type.Object({ id: Id, content: Text, sender: User })

/** A quoted message as it was at the time of the reply, shortened. It stays when the original is edited or deleted. */
export type Quote = Static<typeof Quote>

export const Reaction = Type.Object({
  emoji: Text,
  userIds: Type.Array(Id, { description: 'The users who reacted with it, in the order in which they did' })
})

/** An emoji and the users who reacted with it. */
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
    Type.Integer({ minimum: 0, description: 'The number of participants after the change' })
  )
})

/**
 * The data of a system line: a group was started or renamed, or a participant was added (with a role), removed (left, if `user`
 * is the sender) or given a role. The message's sender made the change; its `content` describes it in English. A role change to
 * owner makes the former owner an admin.
 */
export type Change = Static<typeof Change>

/** Optional parts of a message beside its text. */
const messageExtras = {
  replyTo: Type.Optional(Quote),
  forwardedFrom: Type.Optional(User),
  mentions: Type.Optional(
    Type.Array(Id, { description: 'Ids of the participants that it mentions with @name' })
  ),
  change: Type.Optional(Change)
}

export const Message = Type.Object({
  id: Id,
  content: Text,
  conversationId: Id,
  createdAt: Time,
  mine: Type.Boolean({ description: 'True if the caller sent it' }),
  position: Type.Integer({ minimum: 1, description: '1, 2, 3 … without a gap in its conversation' }),
  sender: User,
  clientId: Type.Optional(Text),
  ...messageExtras,
  version: Type.Optional(
    Type.Integer({
      minimum: 2,
      description: 'Grows with each edit and with the deletion; absent means 1'
    })
  ),
  editedAt: Type.Optional(Time),
  deletedAt: Type.Optional(Time),
  reactions: Type.Optional(Type.Array(Reaction, { description: 'Ordered by emoji, by code units' }))
})

/**
 * A message as one user sees it; only its sender gets `clientId`. A deleted message keeps its place, with an empty `content` and
 * without its optional parts.
 */
export type Message = Static<typeof Message>

/** The parts of a message that are stored beside its text. */
export type MessageExtras = Pick<Message, keyof typeof messageExtras>

export const MessageVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  content: Text,
  replacedAt: Time
})

/** A text that a message had before it was edited or deleted; only admins of its group see it. */
export type MessageVersion = Static<typeof MessageVersion>

const messageParams = Type.Object({ conversationId: Param, messageId: Param })
const reactionParams = Type.Object({ ...messageParams.properties, emoji: Param })

/** Messages, reactions and read marks. */
export const messageRoutes = {
  sendMessage: {
    method: 'POST',
    url: paths.messages,
    access: 'user',
    rate: 'send',
    schema: {
      summary: 'Sends or forwards a message, once per idempotency key',
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
          content: Type.Optional(sentContent('The text; omit it when forwarding')),
          replyTo: Type.Optional(sentId('Id of the message to reply to, which is quoted')),
          forwardOf: Type.Optional(sentId('Id of a message in any of your conversations to forward')),
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
      summary: 'Lists messages, newest first; marks them read unless `before` or `peek` is given',
      params: conversationParams,
      querystring: Type.Object(
        {
          before: Type.Optional(sentId()),
          peek: Type.Optional(Type.Literal('1', { description: 'Does not mark the messages read' }))
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
      summary: 'Edits one of your messages',
      params: messageParams,
      body: Type.Object(
        {
          content: sentContent(),
          version: Type.Optional(
            Type.Integer({
              minimum: 1,
              description: 'The version that you edited; 409 if the message has another one'
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
      summary: 'Deletes one of your messages or, as an admin, any message; a tombstone stays',
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
      summary: 'Lists the newest 100 earlier versions of a message, oldest first; for admins of its group',
      params: messageParams,
      response: { 200: Type.Array(MessageVersion, { maxItems: versionsListed }) }
    }
  },
  addReaction: {
    method: 'PUT',
    url: paths.reaction,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Adds your reaction to a message; repeating it changes nothing',
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
      summary: 'Removes your reaction from a message',
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
      summary: 'Marks a conversation read up to a message, or to its newest',
      params: conversationParams,
      body: Type.Optional(Type.Object({ upTo: Type.Optional(sentId()) }, strict)),
      response: { 204: Type.Null() }
    }
  }
} as const satisfies Record<string, Route>
