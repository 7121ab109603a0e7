/** Numbers that both ends hold to. A setting may lower or raise those that say so. */

/** Code points in a message after trimming; the default of `PARLEY_MESSAGE_MAX_LENGTH`. */
export const messageMaxLength = 4_000

/** Characters in the address of a picture. */
export const avatarMaxLength = 2_048

/** Code points in a username. */
export const usernameMaxLength = 39

/** Code points in a username as it is sent: with spaces around it, an `@` before it, its letters decomposed. */
export const typedUsernameMaxLength = 200

/** Characters in an `Idempotency-Key` header (printable ASCII). */
export const idempotencyKeyMaxLength = 255

/** Items in a page of messages or conversations, as in the series. */
export const pageSize = 25

/** Usernames that a search suggests, as in the series. */
export const usernameSuggestions = 5

/** Bytes in a request's body. */
export const bodyMaxBytes = 256 * 1024

/** Days a session lives. */
export const sessionDays = 14

/** Days after which a sign-in ends, however often its session was refreshed. */
export const signInDays = 365

/** Characters in the name of a session's device. */
export const deviceMaxLength = 40

/** Sessions of one person (sign-ins, not tokens) unless a setting says otherwise; a further sign-in ends the least recently used one. */
export const sessionsPerUserMax = 100

/** Seconds a refreshed token's predecessor lives at most. */
export const refreshGraceSeconds = 60

/** Code points in a group's title after trimming. */
export const titleMaxLength = 100

/** Groups that one person may own when they start another one or are made the owner of one. */
export const groupsOwnedMax = 1_000

/** Code points in a group's title as it is sent. */
export const typedTitleMaxLength = 1_000

/** Characters in an id or an emoji as it is sent. A shorter one that is no id names nothing, a 404. */
export const idMaxLength = 1_024

/** Characters in a token, a cursor, or what an identity provider sends back. */
export const tokenMaxLength = 2_048

/** People in a group at most. */
export const participantsMax = 1_000

/** People in a conversation up to which everybody sees how far the others have read. */
export const receiptsMax = 50

/** Participants in a page. */
export const participantsPageSize = 100

/** Different emoji on one message. */
export const reactionsMax = 20

/** People that one message mentions. */
export const mentionsMax = 50

/** Unread mentions that a conversation lists. */
export const unreadMentionsMax = 100

/** Code points of a message that a reply quotes. */
export const quoteMaxLength = 280

/** Seconds for which somebody counts as writing after they said so; they say so again at half of it. */
export const typingSeconds = 6

/** Seconds in which no more than one sign that somebody is writing is passed on; what comes sooner reaches nobody. */
export const typingThrottleSeconds = 2

/** People in a conversation up to which typing and presence are told. */
export const signalsMax = 100

/** Characters in the head of a request, its address included; no parameter is longer. */
export const headMaxLength = 16_384

/** Characters in the key of a personal value. */
export const personalKeyMaxLength = 128

/** Bytes in the JSON of a personal value. */
export const personalValueMaxBytes = 64 * 1_024

/** Bytes that the personal state of one person takes; each value counts its JSON, its key and `personalOverheadBytes`. */
export const personalStateMaxBytes = 5 * 1_024 * 1_024

/** Bytes that a personal value counts beside its key and JSON, so that tiny ones are bounded, too. */
export const personalOverheadBytes = 100

/** Personal values in a page at most. */
export const personalPageSize = 100

/** Bytes in a page of personal values, about; a single value may take more. */
export const personalPageMaxBytes = 512 * 1_024

/** Lists and objects within one another in a personal value. */
export const personalDepthMax = 20

/** Deleted personal values whose version is kept. The oldest are dropped from there on. */
export const tombstonesMax = 1_000
