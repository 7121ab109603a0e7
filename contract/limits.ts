/** Numbers that both ends hold to. A setting may lower or raise those that say so. */

/** Code points in a message after trimming; the default of `PARLEY_MESSAGE_MAX_LENGTH`. */
export const messageMaxLength = 4_000

/** Code points in a username. */
export const usernameMaxLength = 39

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

/** Seconds a refreshed token's predecessor lives at most. */
export const refreshGraceSeconds = 60
