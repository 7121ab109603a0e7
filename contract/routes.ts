import type { Static } from 'typebox'
import { conversationRoutes } from './conversations.ts'
import { messageRoutes } from './messages.ts'
import { personalStateRoutes } from './personal-state.ts'
import { sessionRoutes } from './sessions.ts'
import { signalRoutes } from './presence.ts'

/** The routes under `/api`, in the order of `docs/openapi.json`. One schema gives type, validation and document. */
export const routes = {
  ...sessionRoutes,
  ...conversationRoutes,
  ...messageRoutes,
  ...signalRoutes,
  ...personalStateRoutes
}

export type SendMessageBody = Static<typeof routes.sendMessage.schema.body>
