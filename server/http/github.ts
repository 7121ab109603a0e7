import { Problem } from '@parley/contract/errors'
import type { GithubConfig } from '../config.ts'
import type { GithubProfile } from '../domain/people.ts'

const timeoutMs = 10_000
/** Characters of a login that are looked at; a longer one is no username. */
const loginMaxLength = 100
const avatarMaxLength = 2_048

/** Where a browser goes to sign in at GitHub. */
export function githubSignIn(github: GithubConfig, redirectUri: string, state: string): string {
  const query = new URLSearchParams({
    client_id: github.clientId,
    redirect_uri: redirectUri,
    scope: 'read:user',
    state
  })
  return `${github.url}/login/oauth/authorize?${query.toString()}`
}

/** Exchanges the code that a browser came back with for who it is. Throws `login_failed`. */
export async function fetchGithubProfile(
  github: GithubConfig,
  redirectUri: string,
  code: string
): Promise<GithubProfile> {
  const { access_token: token } = await ask(`${github.url}/login/oauth/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: github.clientId,
      client_secret: github.clientSecret,
      redirect_uri: redirectUri,
      code
    })
  })
  if (typeof token !== 'string') throw new Problem('login_failed', 'GitHub did not take the code.')
  const user = await ask(`${github.apiUrl}/user`, { headers: { authorization: `Bearer ${token}` } })
  const { id, login, avatar_url: avatar } = user
  if (!Number.isSafeInteger(id) || typeof login !== 'string' || login === '') {
    throw new Problem('login_failed', 'GitHub did not say who this is.')
  }
  return {
    githubId: String(id),
    login: login.slice(0, loginMaxLength).normalize('NFC'),
    avatarURL: webAddress(avatar)
  }
}

/** A web address as browsers write it; null for anything else. */
function webAddress(value: unknown): string | null {
  const url = typeof value === 'string' && value.length <= avatarMaxLength ? URL.parse(value) : null
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : null
}

async function ask(
  url: string,
  init: { method?: string; body?: URLSearchParams; headers?: Record<string, string> }
): Promise<Record<string, unknown>> {
  let found: unknown
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': 'Parley', ...init.headers },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs)
    })
    found = response.ok ? await response.json() : null
  } catch {
    throw new Problem('login_failed', 'GitHub cannot be reached.')
  }
  if (typeof found === 'object' && found !== null) return found as Record<string, unknown>
  throw new Problem('login_failed', 'GitHub did not answer as expected.')
}
