/** Where NATS is (`host:port`, any one of them), and who we are there. */
export type NatsConfig = Readonly<{
  servers: readonly string[]
  tls: boolean
  user?: string
  pass?: string
  token?: string
}>

/**
 * Reads `nats://name:password@host:port`, or `tls://…`; several servers of one cluster with commas between them, each
 * with the same name. A name without a password is a token. Null where the text is not like that.
 */
export function parseNatsUrl(text: string): NatsConfig | null {
  const urls = text.split(',').map((part) => URL.parse(part.trim()))
  const [first] = urls
  if (!first || !urls.every((url) => url && isPlain(url) && identity(url) === identity(first))) return null
  try {
    const user = decodeURIComponent(first.username)
    const pass = decodeURIComponent(first.password)
    return {
      servers: urls.map((url) => `${url!.hostname}:${url!.port || 4222}`),
      tls: first.protocol === 'tls:',
      ...(pass ? { user, pass } : user && { token: user })
    }
  } catch {
    return null
  }
}

function isPlain({ protocol, hostname, pathname, search, hash }: URL): boolean {
  return /^(nats|tls):$/.test(protocol) && hostname !== '' && /^\/?$/.test(pathname) && !search && !hash
}

function identity({ protocol, username, password }: URL): string {
  return [protocol, username, password].join(' ')
}
