/** An address without its query, which may hold a token; decoded as the router does. */
export function pathOf(url: string): string {
  const path = url.split('?', 1)[0]!
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
