/** Limits that the server and clients share. Settings can change those that name one. */

/** Code points in a message after trimming; the default of `PARLEY_MESSAGE_MAX_LENGTH`. */
export const messageMaxLength = 4_000

/** Characters in the URL of an avatar. */
export const avatarMaxLength = 2_048

/** Code points in a username. */
export const usernameMaxLength = 39

/** Code points in a username as a client sends it: with spaces around it, an `@` before it, or decomposed letters. */
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

/** Default number of sessions a user may have; a further sign-in ends the least recently used one. */
export const sessionsPerUserMax = 100

/** Longest life of a refreshed token's predecessor, in seconds. */
export const refreshGraceSeconds = 60

/** Code points in a group's title after trimming. */
export const titleMaxLength = 100

/** Groups that a user may own. */
export const groupsOwnedMax = 1_000

/** Code points in a group's title as a client sends it. */
export const typedTitleMaxLength = 1_000

/** Characters in an id or an emoji as a client sends it. A shorter text that is not an id gets 404. */
export const idMaxLength = 1_024

/** Characters in a token, a cursor, or a parameter from an identity provider. */
export const tokenMaxLength = 2_048

/** Participants of a group. */
export const participantsMax = 1_000

/** Participants up to which a conversation has read receipts. */
export const receiptsMax = 50

/** Participants in a page. */
export const participantsPageSize = 100

/** Earlier versions of a message that are listed: the newest. */
export const versionsListed = 100

/** Different emoji on one message. */
export const reactionsMax = 20

/** Users whom one message mentions. */
export const mentionsMax = 50

/** Unread mentions that a conversation lists. */
export const unreadMentionsMax = 100

/** Code points in a quote. */
export const quoteMaxLength = 280

/** Seconds until a typing signal expires; clients repeat it at half of that. */
export const typingSeconds = 6

/** Seconds between two typing signals that the server passes on; earlier ones are dropped. */
export const typingThrottleSeconds = 2

/** Participants up to which a conversation has typing signals and presence. */
export const signalsMax = 100

/** Characters in a request's headers and address; bounds each parameter. */
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
