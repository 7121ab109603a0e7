import type { Config } from '../../config.ts'

/** Headers by their names in lower case. */
export type HeaderRecord = Readonly<Record<string, string>>

/** A year, as https://hstspreload.org asks for. */
const hstsSeconds = 31_536_000

/** What Parley's pages may load: everything comes from here; pictures may also come from where avatars live. */
export const pagePolicy = [
  "default-src 'self'",
  "img-src 'self' https: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "script-src-attr 'none'",
  "frame-ancestors 'none'"
].join('; ')

/** The headers of every answer: those of helmet 8 (https://helmetjs.github.io), HSTS only where people open https. */
export function securityHeaders({ origin }: Pick<Config, 'origin'>): HeaderRecord {
  return {
    // Of whatever is no page.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    ...(origin.startsWith('https:') && {
      'strict-transport-security': `max-age=${hstsSeconds}; includeSubDomains`
    }),
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'DENY',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0'
  }
}

/** The same as lines of a head that is written by hand, each with its end. */
export function headerLines(headers: HeaderRecord): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
