/** An address without what may hold a token, its query, fragment, scheme and host; decoded as the router does. */
export function pathOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0]!.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
