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

/** Who is signed in; `messageMaxLength` is the server's limit in code points, from the `Message-Max-Length` header. */
export type AuthUser = User & { readonly messageMaxLength?: number }

export const Role = Type.Enum(['owner', 'admin', 'member'])
/** What somebody is in a conversation; `roles.ts` says what each may do. Two people are both members. */
export type Role = Static<typeof Role>

export const ServerRole = Type.Enum(['member', 'moderator', 'administrator'])
/** A user's role on the whole server; each includes the ones before it. */
export type ServerRole = Static<typeof ServerRole>

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

export const Presence = Type.Object({
  userId: Id,
  online: Type.Boolean({ description: 'Whether they have a stream open, on any device' }),
  lastSeenAt: Type.Union([Time, Type.Null()], {
    description: 'When they went; null while they are online, and of somebody who was never seen'
  })
})
/** Whether somebody is here. */
export type Presence = Static<typeof Presence>

export const MessageVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  content: Text,
  replacedAt: Time
})
/** A text that a message had before it was edited or deleted: for moderators alone. */
export type MessageVersion = Static<typeof MessageVersion>

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
