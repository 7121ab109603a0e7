import { Type } from 'typebox'
import { Message, MessageVersion } from './entities.ts'
import { headMaxLength, idempotencyKeyMaxLength, idMaxLength, tokenMaxLength } from './limits.ts'
import { paths } from './paths.ts'
import { conversationParams, Param, sentContent, sentId, strict, type Route } from './route.ts'

const messageParams = Type.Object({ conversationId: Param, messageId: Param })
const reactionParams = Type.Object({ ...messageParams.properties, emoji: Param })

/** What is said, and the stream of everything that happens. */
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
  },
  events: {
    method: 'GET',
    url: paths.events,
    access: 'user',
    tokenInQuery: true,
    rate: 'stream',
    schema: {
      summary: 'The event stream (text/event-stream)',
      querystring: Type.Object(
        {
          token: Type.Optional(
            Type.String({
              maxLength: tokenMaxLength,
              description:
                'For EventSource, which cannot set headers. Addresses end up in logs: prefer Authorization'
            })
          ),
          lastEventId: Type.Optional(
            Type.String({
              maxLength: headMaxLength,
              description: 'The same as `Last-Event-ID`, as event-source-polyfill sends it; wins over `after`'
            })
          ),
          after: Type.Optional(Type.String({ maxLength: headMaxLength }))
        },
        strict
      )
    }
  }
} as const satisfies Record<string, Route>
