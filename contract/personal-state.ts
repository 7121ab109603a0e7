import { Type, type Static } from 'typebox'
import { Quote } from './messages.ts'
import { Id } from './primitives.ts'
import { idMaxLength, personalKeyMaxLength, personalValueMaxBytes } from './limits.ts'
import { paths } from './paths.ts'
import { Param, strict, type Route } from './route.ts'

/** The kinds of personal values. Most have a conversation's id as their key; `saved` has a message's. */
export const personalKinds = ['draft', 'mute', 'pin', 'archive', 'unread', 'saved', 'settings'] as const
export type PersonalKind = (typeof personalKinds)[number]

export function isPersonalKind(kind: string): kind is PersonalKind {
  return (personalKinds as readonly string[]).includes(kind)
}

/** Valid keys. */
export const personalKeyPattern = new RegExp(`^[A-Za-z0-9_.:-]{1,${personalKeyMaxLength}}$`)

const text = (maxLength: number) => Type.String({ format: 'text', maxLength })
const scalar = [Type.Boolean(), Type.Number(), text(1_000)] as const

const draftPart = {
  text: text(personalValueMaxBytes),
  replyTo: Type.Optional(Type.Union([Quote, Type.Null()])),
  editing: Type.Optional(
    Type.Union([
      Type.Object({
        messageId: Id,
        version: Type.Integer({ minimum: 1 }),
        original: text(personalValueMaxBytes),
        text: text(personalValueMaxBytes)
      }),
      Type.Null()
    ])
  )
}

/**
 * A draft: an unsent message, the message it replies to, and an unfinished edit. `others` are conflicting drafts of other devices.
 * A newer client may add fields.
 */
const Draft = Type.Object(
  { ...draftPart, others: Type.Optional(Type.Array(Type.Object(draftPart), { maxItems: 10 })) },
  { maxProperties: 20 }
)
export type PersonalDraft = Static<typeof Draft>

/** Schemas of values, by kind. Other kinds allow any value within the bounds of `PersonalInput`. */
export const personalSchemas = {
  draft: Draft,
  mute: Type.Object(
    { until: Type.Union([Type.String({ format: 'date-time', maxLength: 64 }), Type.Null()]) },
    strict
  ),
  pin: Type.Object({ order: Type.Number() }, strict),
  settings: Type.Union([
    ...scalar,
    Type.Object({}, { maxProperties: 100, additionalProperties: Type.Union([...scalar, Type.Null()]) })
  ])
} as const

export const PersonalValue = Type.Object({
  kind: Type.Enum([...personalKinds]),
  key: Type.String(),
  version: Type.Integer({
    minimum: 0,
    description: 'Grows with each change; 0 if there never was a value'
  }),
  value: Type.Unknown({ description: 'Null after a deletion' })
})
/** A personal value and its version. */
export type PersonalValue = Omit<Static<typeof PersonalValue>, 'kind'> & { kind: PersonalKind }

/** A personal value as a client sends it; `personalSchemas` restricts some kinds further. */
const PersonalInput = Type.Union([
  Type.Null(),
  Type.Boolean(),
  Type.Number(),
  text(personalValueMaxBytes),
  Type.Object({}, { maxProperties: 1_000 })
])

/** Drafts, settings and marks of one user, on all their devices. */
export const personalStateRoutes = {
  personalState: {
    method: 'GET',
    url: paths.personalState,
    access: 'user',
    rate: 'read',
    schema: {
      summary: 'Lists your personal state by kind and key, a page at a time; an empty page is the end',
      querystring: Type.Object(
        {
          kind: Type.Optional(Type.Enum([...personalKinds], { description: 'Lists this kind alone' })),
          after: Type.Optional(
            Type.String({
              maxLength: idMaxLength,
              description: '`<kind>/<key>` of the last value on the page before'
            })
          )
        },
        strict
      ),
      response: { 200: Type.Array(PersonalValue) }
    }
  },
  putPersonalState: {
    method: 'PUT',
    url: paths.personalValue,
    access: 'user',
    rate: 'change',
    schema: {
      summary: 'Sets a value if it still has the version you know; null deletes it',
      params: Type.Object({ kind: Param, key: Param }),
      body: Type.Object(
        {
          version: Type.Integer({ minimum: 0, description: 'The version to replace; 0 creates the value' }),
          value: PersonalInput
        },
        strict
      ),
      response: { 200: PersonalValue }
    }
  }
} as const satisfies Record<string, Route>
