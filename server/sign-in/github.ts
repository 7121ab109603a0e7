import { Problem } from '@parley/contract/problems'
import { avatarMaxLength } from '@parley/contract/limits'
import type { GithubConfig } from '../config.ts'
import type { GithubProfile } from '../people/people.ts'

/** All of GitHub's answers to one sign-in have to arrive within this. */
const deadlineMs = 10_000
/** Bytes of an answer that are read; GitHub's own have 2 kB. */
const answerMax = 64 * 1_024
/** Characters of a login that are looked at; a longer one is no username. */
const loginMaxLength = 100

type SignIn = { redirectUri: string; code: string; verifier: string }

/** Where a browser goes to sign in at GitHub. `challenge` is PKCE's. */
export function githubSignIn(
  github: GithubConfig,
  { redirectUri, state, challenge }: { redirectUri: string; state: string; challenge: string }
): string {
  const query = new URLSearchParams({
    client_id: github.clientId,
    redirect_uri: redirectUri,
    // Organisations are asked for only where `allow` names some.
    scope: github.allow.organisations.length > 0 ? 'read:user read:org' : 'read:user',
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256'
  })
  return `${github.url}/login/oauth/authorize?${query.toString()}`
}

/** A person as GitHub describes them, and whether `PARLEY_GITHUB_ALLOW` lets them have an account, asked when it matters. */
export type GithubPerson = GithubProfile & { mayJoin: () => Promise<boolean> }

/** Exchanges the code that a browser came back with for who it is. Throws `login_failed`. */
export async function fetchGithubPerson(
  github: GithubConfig,
  { redirectUri, code, verifier }: SignIn
): Promise<GithubPerson> {
  const signal = AbortSignal.timeout(deadlineMs)
  const granted = await ask(`${github.url}/login/oauth/access_token`, {
    signal,
    method: 'POST',
    body: new URLSearchParams({
      client_id: github.clientId,
      client_secret: github.clientSecret,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier
    })
  })
  const token = expected(granted)['access_token']
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,1024}$/.test(token)) {
    throw new Problem('login_failed', { reason: 'code_refused' })
  }
  const headers = { authorization: `Bearer ${token}` }
  const { id, login, avatar_url: avatar } = expected(await ask(`${github.apiUrl}/user`, { signal, headers }))
  if (!Number.isSafeInteger(id) || Number(id) <= 0 || typeof login !== 'string' || login === '') {
    throw new Problem('login_failed', { reason: 'profile_missing' })
  }

  /** Also where the organisation does not let this app ask: then it is not known, and stays closed. */
  async function isMember(organisation: string): Promise<boolean> {
    const answer = await ask(`${github.apiUrl}/user/memberships/orgs/${organisation}`, { signal, headers })
    if (answer.status === 403 || answer.status === 404) return false
    return expected(answer)['state'] === 'active'
  }

  async function mayJoin(): Promise<boolean> {
    const { everyone, users, organisations } = github.allow
    if (everyone || users.includes(String(login).toLowerCase())) return true
    return (await Promise.all(organisations.map(isMember))).includes(true)
  }

  return {
    githubId: String(id),
    login: login.slice(0, loginMaxLength).normalize('NFC'),
    avatarURL: webAddress(avatar),
    mayJoin
  }
}

/** A web address as browsers write it; null for anything else. */
function webAddress(value: unknown): string | null {
  const url = typeof value === 'string' && value.length <= avatarMaxLength ? URL.parse(value) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null
  return url.href.length <= avatarMaxLength ? url.href : null
}

type Answer = { status: number; ok: boolean; body: unknown }

async function ask(
  url: string,
  init: { signal: AbortSignal; method?: string; body?: URLSearchParams; headers?: Record<string, string> }
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': 'Parley', ...init.headers },
      redirect: 'error'
    })
    const body = response.ok ? JSON.parse(await textOf(response)) : await response.body?.cancel()
    return { status: response.status, ok: response.ok, body }
  } catch (error) {
    throw new Problem('login_failed', { reason: 'unreachable' }).causedBy(error)
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > answerMax) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function expected({ ok, status, body }: Answer): Record<string, unknown> {
  if (ok && typeof body === 'object' && body !== null) return body as Record<string, unknown>
  throw new Problem('login_failed', { reason: 'unexpected_answer' }).causedBy(`it answered ${status}`)
}
