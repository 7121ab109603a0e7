import type { Static } from 'typebox'
import { conversationRoutes } from './conversation-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { signalRoutes } from './signal-routes.ts'

/** The routes under `/api`, in the order of `docs/openapi.json`. One schema gives type, validation and document. */
export const routes = { ...sessionRoutes, ...conversationRoutes, ...messageRoutes, ...signalRoutes }

export type SendMessageBody = Static<typeof routes.sendMessage.schema.body>
