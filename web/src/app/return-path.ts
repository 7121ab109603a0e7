/** A page of the app, of this server: what a sign-in may return to. */
const pagePath = /^\/conversations\/[\w-]+$/

/** The path of the page that is open, for a sign-in to return to; undefined for the first page. */
export function returnPath(): string | undefined {
  return pagePath.test(location.pathname) ? location.pathname : undefined
}

/** Where a sign-in elsewhere leads: the page at which it began, as the server gives it to `/callback`. */
export function pathAfterSignIn(): string {
  const path = new URLSearchParams(location.search).get('return_to') ?? '/'
  return pagePath.test(path) ? path : '/'
}
