import { hash, hkdfSync, randomBytes } from 'node:crypto'

/**
 * A token is 32 random bytes as base64url. The first half is the family's, the same in all tokens that were refreshed
 * from one sign-in, so that a superseded token still says which family it belongs to.
 */
const halfBytes = 16
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

export function isToken(text: string): boolean {
  return tokenPattern.test(text)
}

export function newToken(): string {
  return randomBytes(2 * halfBytes).toString('base64url')
}

/** What is stored of a token. */
export function hashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** The id of a token's family: stable, and no secret. */
export function familyOf(token: string): string {
  return hash('sha256', familyHalf(token).toString('base64url'), 'base64url').slice(0, 22)
}

export function newSalt(): string {
  return randomBytes(halfBytes).toString('base64url')
}

/**
 * The token that follows `token`. Refreshing a token twice, after a lost answer or in two tabs, gives the same successor.
 * It cannot be computed from what is stored.
 */
export function successorOf(token: string, salt: string): string {
  const half = hkdfSync('sha256', token, salt, 'parley session successor', halfBytes)
  return Buffer.concat([familyHalf(token), Buffer.from(half)]).toString('base64url')
}

function familyHalf(token: string): Buffer {
  return Buffer.from(token, 'base64url').subarray(0, halfBytes)
}
