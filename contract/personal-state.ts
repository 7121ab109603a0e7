import { Type, type Static } from 'typebox'
import { Quote } from './messages.ts'
import { Id } from './primitives.ts'
import { idMaxLength, personalKeyMaxLength, personalValueMaxBytes } from './limits.ts'
import { paths } from './paths.ts'
import { Param, strict, type Route } from './route.ts'

/** What a person keeps for themselves, by kind. The key of most is a conversation's id, that of `saved` a message's. */
export const personalKinds = ['draft', 'mute', 'pin', 'archive', 'unread', 'saved', 'settings'] as const
export type PersonalKind = (typeof personalKinds)[number]

export function isPersonalKind(kind: string): kind is PersonalKind {
  return (personalKinds as readonly string[]).includes(kind)
}

/** Characters that a key consists of. */
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
 * A draft: the next message and the one it answers, and an edit that was begun. `others` are drafts that conflicted with it. A
 * newer client may add fields.
 */
const Draft = Type.Object(
  { ...draftPart, others: Type.Optional(Type.Array(Type.Object(draftPart), { maxItems: 10 })) },
  { maxProperties: 20 }
)
export type PersonalDraft = Static<typeof Draft>

/** What a value may be, by kind; of the others anything that `PersonalInput` allows. */
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
    description: 'Grows with each change; 0 where there never was a value'
  }),
  value: Type.Unknown({ description: 'Null where it was deleted' })
})
/** A value that a person keeps for themselves, as it is now. */
export type PersonalValue = Omit<Static<typeof PersonalValue>, 'kind'> & { kind: PersonalKind }

/** A value as it is sent; `personalSchemas` says more of some kinds. */
const PersonalInput = Type.Union([
  Type.Null(),
  Type.Boolean(),
  Type.Number(),
  text(personalValueMaxBytes),
  Type.Object({}, { maxProperties: 1_000 })
])

/** Drafts, settings and marks of one person, on all their devices. */
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
          version: Type.Integer({ minimum: 0, description: 'The one that is replaced; 0 creates' }),
          value: PersonalInput
        },
        strict
      ),
      response: { 200: PersonalValue }
    }
  }
} as const satisfies Record<string, Route>
