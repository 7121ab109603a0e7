/**
 * Whether an `Accept` header names this media type, in any case and with any parameters (RFC 9110, 8.3.1 and 12.5.1), and
 * does not refuse it by `q=0`. A wildcard does not count: what sends one does not ask for this.
 */
export function accepts(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined) return false
  return accept
    .toLowerCase()
    .split(',')
    .some((range) => {
      const [type, ...parameters] = range.split(';').map((part) => part.trim())
      return type === mediaType && !parameters.some((each) => /^q\s*=\s*0(\.0*)?$/.test(each))
    })
}
