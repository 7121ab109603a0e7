/** Characters in a path to return to. */
export const returnPathMaxLength = 512

// Plain segments only: nothing that a browser or a proxy would decode, or take for another host.
const returnPath =
  /^\/(?!(?:api|callback)(?:[/?#]|$))(?:[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*\/?)?(?:\?[\w.~=&%-]*)?(?:#[\w.~-]*)?$/

/** Whether a sign-in may lead back to `path`: a page of the app on this server, and nothing else. */
export function isReturnPath(path: string): boolean {
  return path.length <= returnPathMaxLength && returnPath.test(path)
}
