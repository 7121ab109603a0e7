import { Type, type Static } from 'typebox'

/** A decimal number as a string, opaque to clients but for one thing: of two messages the later has the greater id. */
export const Id = Type.String({ pattern: '^[1-9][0-9]{0,15}$', examples: ['42'] })

/** RFC 3339, in UTC, with milliseconds. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] })

/** Any text without NUL and lone surrogates. */
export const Text = Type.String({ format: 'text' })

export const ServerRole = Type.Enum(['member', 'moderator', 'administrator'])

/** A user's role on the whole server; each includes the ones before it. */
export type ServerRole = Static<typeof ServerRole>
