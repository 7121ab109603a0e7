import { Type, type Static } from 'typebox'

/** A decimal number as a string, opaque to clients but for one thing: of two messages the later has the greater id. */
export const Id = Type.String({ pattern: '^[1-9][0-9]{0,15}$', examples: ['42'] })

/** RFC 3339, in UTC, with milliseconds. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] })

/** Any text without NUL and lone surrogates. */
export const Text = Type.String({ format: 'text' })

export const User = Type.Object({
  id: Id,
  username: Text,
  avatarURL: Type.Union([Type.String(), Type.Null()])
})
export type User = Static<typeof User>

export const Message = Type.Object({
  id: Id,
  content: Text,
  conversationId: Id,
  createdAt: Time,
  mine: Type.Boolean({ description: 'Whether the reader of this message sent it' }),
  position: Type.Integer({ minimum: 1, description: '1, 2, 3 … without a gap in its conversation' }),
  sender: User,
  clientId: Type.Optional(Text)
})
/** A message as one reader sees it; `clientId` is shown to its sender alone. */
export type Message = Static<typeof Message>

export const Conversation = Type.Object({
  id: Id,
  otherParticipant: User,
  lastMessage: Type.Union([Message, Type.Null()]),
  hasUnreadMessages: Type.Boolean(),
  unreadCount: Type.Integer({ minimum: 0 }),
  readUpTo: Type.Integer({ minimum: 0, description: "The reader's own read mark, a message's position" })
})
/** A conversation as one participant sees it. */
export type Conversation = Static<typeof Conversation>

export const Login = Type.Object({
  authUser: User,
  token: Type.Optional(Type.String({ description: 'Absent in cookie mode' })),
  expiresAt: Time
})
export type Login = Static<typeof Login>

export const Token = Type.Object({
  token: Type.Optional(Type.String({ description: 'Absent in cookie mode' })),
  expiresAt: Time
})
export type Token = Static<typeof Token>

export const LoginMethods = Type.Object({ github: Type.Boolean(), development: Type.Boolean() })
/** Which ways to sign in this server offers. */
export type LoginMethods = Static<typeof LoginMethods>
