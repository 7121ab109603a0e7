import { Type, type Static, type TSchema } from 'typebox'
import {
  Conversation,
  Login,
  LoginMethods,
  Message,
  MessageVersion,
  Participant,
  Role,
  Text,
  Token,
  User
} from './entities.ts'
import { idempotencyKeyMaxLength } from './limits.ts'
import { paths } from './paths.ts'

const strict = { additionalProperties: false }

const sessionMode = Type.Object(
  {
    session: Type.Optional(Type.Literal('cookie', { description: 'An HttpOnly cookie instead of a token' }))
  },
  strict
)
const conversationParams = Type.Object({ conversationId: Type.String() })
const participantParams = Type.Object({ conversationId: Type.String(), userId: Type.String() })
const messageParams = Type.Object({ conversationId: Type.String(), messageId: Type.String() })

/** What a route takes and gives. `params` that are no ids are answered 404 by the handler, not by the schema. */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  schema: {
    summary: string
    params?: TSchema
    querystring?: TSchema
    headers?: TSchema
    body?: TSchema
    response?: Record<number, TSchema>
  }
}

/** The routes under `/api`, in the order of `docs/openapi.json`. One schema gives type, validation and document. */
export const routes = {
  login: {
    method: 'POST',
    url: paths.login,
    schema: {
      summary: 'Development login; only on localhost',
      querystring: sessionMode,
      body: Type.Object({ username: Text }, strict),
      response: { 200: Login }
    }
  },
  loginMethods: {
    method: 'GET',
    url: paths.loginMethods,
    schema: { summary: 'Which ways to sign in there are', response: { 200: LoginMethods } }
  },
  logout: {
    method: 'POST',
    url: paths.logout,
    schema: { summary: 'Ends the session and its streams', response: { 204: Type.Null() } }
  },
  oauthGithub: {
    method: 'GET',
    url: paths.oauthGithub,
    schema: { summary: "Starts GitHub's OAuth", querystring: sessionMode, response: { 307: Type.Null() } }
  },
  oauthGithubCallback: {
    method: 'GET',
    url: paths.oauthGithubCallback,
    schema: {
      summary: "Ends GitHub's OAuth with a session",
      querystring: Type.Object({
        code: Type.Optional(Type.String()),
        state: Type.Optional(Type.String()),
        error: Type.Optional(Type.String())
      }),
      response: { 307: Type.Null() }
    }
  },
  authUser: {
    method: 'GET',
    url: paths.authUser,
    schema: { summary: 'Who am I', response: { 200: User } }
  },
  refreshToken: {
    method: 'POST',
    url: paths.refreshToken,
    schema: { summary: 'A fresh token; the old one ends at the first use of it', response: { 200: Token } }
  },
  usernames: {
    method: 'GET',
    url: paths.usernames,
    schema: {
      summary: 'Usernames that start so, without mine',
      querystring: Type.Object({ search: Text }, strict),
      response: { 200: Type.Array(Type.String()) }
    }
  },
  startConversation: {
    method: 'POST',
    url: paths.conversations,
    schema: {
      summary: 'Starts a group, or a conversation with one other person, or finds the one there is with them',
      body: Type.Object(
        {
          username: Type.Optional(
            Type.String({ format: 'text', description: 'The other one, and nothing else' })
          ),
          title: Type.Optional(Type.String({ format: 'text', description: 'Of a group' })),
          usernames: Type.Optional(Type.Array(Text, { description: 'Of a group: the others' })),
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
    schema: {
      summary: 'Mine that have a message, newest message first',
      querystring: Type.Object({ before: Type.Optional(Type.String()) }, strict),
      response: { 200: Type.Array(Conversation) }
    }
  },
  conversation: {
    method: 'GET',
    url: paths.conversation,
    schema: { summary: 'One conversation', params: conversationParams, response: { 200: Conversation } }
  },
  renameConversation: {
    method: 'PATCH',
    url: paths.conversation,
    schema: {
      summary: 'Gives a group another title',
      params: conversationParams,
      body: Type.Object({ title: Text }, strict),
      response: { 200: Conversation }
    }
  },
  participants: {
    method: 'GET',
    url: paths.participants,
    schema: {
      summary: 'Who is in it, in the order in which they came, 100 a page',
      params: conversationParams,
      querystring: Type.Object(
        { after: Type.Optional(Type.String({ description: "The user id of the page before's last" })) },
        strict
      ),
      response: { 200: Type.Array(Participant) }
    }
  },
  addParticipant: {
    method: 'POST',
    url: paths.participants,
    schema: {
      summary: 'Adds somebody to a group, or finds them there',
      params: conversationParams,
      body: Type.Object(
        {
          username: Text,
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
    schema: {
      summary: 'Removes somebody from a group; myself: I leave, and an owner passes the group on',
      params: participantParams,
      response: { 204: Type.Null() }
    }
  },
  otherParticipant: {
    method: 'GET',
    url: paths.otherParticipant,
    schema: { summary: 'The other one', params: conversationParams, response: { 200: User } }
  },
  sendMessage: {
    method: 'POST',
    url: paths.messages,
    schema: {
      summary: 'Sends a message, once for every key',
      params: conversationParams,
      headers: Type.Object({
        'idempotency-key': Type.Optional(
          Type.String({ pattern: `^[\\x21-\\x7e]{1,${idempotencyKeyMaxLength}}$` })
        )
      }),
      body: Type.Object({ content: Text, clientId: Type.Optional(Type.String({ format: 'uuid' })) }, strict),
      response: { 201: Message }
    }
  },
  messages: {
    method: 'GET',
    url: paths.messages,
    schema: {
      summary: 'Messages, newest first; without `before` it marks them read',
      params: conversationParams,
      querystring: Type.Object(
        {
          before: Type.Optional(Type.String()),
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
    schema: {
      summary: 'Says something else in a message of mine',
      params: messageParams,
      body: Type.Object(
        {
          content: Text,
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
    schema: {
      summary: 'Deletes a message of mine, or, as an admin, of anybody; its place stays',
      params: messageParams,
      response: { 204: Type.Null() }
    }
  },
  messageVersions: {
    method: 'GET',
    url: paths.messageVersions,
    schema: {
      summary: 'What a message said before it was edited or deleted, oldest first; for admins of its group',
      params: messageParams,
      response: { 200: Type.Array(MessageVersion) }
    }
  },
  readMessages: {
    method: 'POST',
    url: paths.readMessages,
    schema: {
      summary: 'Marks the conversation read, up to a message or to its newest',
      params: conversationParams,
      body: Type.Optional(Type.Object({ upTo: Type.Optional(Type.String()) }, strict)),
      response: { 204: Type.Null() }
    }
  },
  events: {
    method: 'GET',
    url: paths.events,
    schema: {
      summary: 'The event stream (text/event-stream)',
      querystring: Type.Object(
        { token: Type.Optional(Type.String()), after: Type.Optional(Type.String()) },
        strict
      )
    }
  }
} as const satisfies Record<string, Route>

export type SendMessageBody = Static<typeof routes.sendMessage.schema.body>
