import { isReturnPath } from '@parley/contract/return-path'

/** The path of the page that is open, for a sign-in elsewhere to return to; undefined for the first page. */
export function returnPath(): string | undefined {
  const { pathname } = location
  return pathname !== '/' && isReturnPath(pathname) ? pathname : undefined
}

/** Where a sign-in elsewhere leads: the page at which it began, as the server gives it to `/callback`. */
export function pathAfterSignIn(): string {
  const path = new URLSearchParams(location.search).get('return_to') ?? '/'
  return isReturnPath(path) ? path : '/'
}
