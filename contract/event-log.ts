import { Type } from 'typebox'
import { headMaxLength, tokenMaxLength } from './limits.ts'
import { paths } from './paths.ts'
import { type Route, strict } from './route.ts'

/** The event stream. */
export const eventRoutes = {
  events: {
    method: 'GET',
    url: paths.events,
    access: 'user',
    tokenInQuery: true,
    rate: 'stream',
    schema: {
      summary: 'Opens the event stream (text/event-stream)',
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
