/** The user and session that own a stream, and when the session expires, in ms. */
export type StreamOwner = { userId: number; sessionId: number; expiresAt: number }
