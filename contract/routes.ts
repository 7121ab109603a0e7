import type { Static } from 'typebox'
import { conversationRoutes } from './conversations.ts'
import { eventRoutes } from './event-log.ts'
import { messageRoutes } from './messages.ts'
import { participantRoutes } from './participants.ts'
import { peopleRoutes } from './people.ts'
import { personalStateRoutes } from './personal-state.ts'
import { presenceRoutes } from './presence.ts'
import { sessionRoutes } from './sessions.ts'
import { signInRoutes } from './sign-in.ts'

/** The routes under `/api`, in the order of `docs/openapi.json`. One schema gives type, validation and document. */
export const routes = {
  ...signInRoutes,
  ...sessionRoutes,
  ...peopleRoutes,
  ...conversationRoutes,
  ...participantRoutes,
  ...messageRoutes,
  ...presenceRoutes,
  ...eventRoutes,
  ...personalStateRoutes
}

export type SendMessageBody = Static<typeof routes.sendMessage.schema.body>
