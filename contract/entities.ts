import { Conversation } from './conversations.ts'
import { Message, MessageVersion } from './messages.ts'
import { Participant } from './participants.ts'
import { User } from './people.ts'
import { PersonalValue } from './personal-state.ts'
import { Presence } from './presence.ts'
import { Token } from './sessions.ts'
import { Login, LoginMethods } from './sign-in.ts'

/** Every noun's entities that OpenAPI describes by name. One that is missing stands in full wherever it occurs. */
export const entities = {
  Conversation,
  Login,
  LoginMethods,
  Message,
  MessageVersion,
  Participant,
  PersonalValue,
  Presence,
  Token,
  User
}
