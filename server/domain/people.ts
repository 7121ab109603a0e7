import type { User } from '@parley/contract/entities'
import { Problem } from '@parley/contract/errors'
import { usernameMaxLength, usernameSuggestions } from '@parley/contract/limits'
import { usernameKey } from '@parley/contract/usernames'
import type { Store } from '../storage/store.ts'
import type { Principal } from './sessions.ts'

const usernamePattern = new RegExp(
  String.raw`^[\p{L}\p{N}][\p{L}\p{N}\p{M}_.-]{0,${usernameMaxLength - 1}}$`,
  'u'
)

/** The user called `username`. Throws `user_not_found`. */
export async function findPerson(store: Store, username: string): Promise<User> {
  const user = await store.read('findUser', { key: usernameKey(username.trim()) })
  if (!user) throw new Problem('user_not_found', 'No user has this name.')
  return user
}

/** Up to five usernames that start so, without mine. Throws `validation_failed` when nothing is searched for. */
export async function searchUsernames(store: Store, me: Principal, search: string): Promise<string[]> {
  const prefix = usernameKey(search.trim())
  if (prefix === '') {
    throw new Problem('validation_failed', 'Type the beginning of a username.', {
      search: 'must not be empty'
    })
  }
  return store.read('searchUsernames', { viewerId: me.userId, prefix, limit: usernameSuggestions })
}

/** Why a new user was not added, or the user. */
export type AddedUser = { user: User } | { username: string; refused: 'invalid' | 'taken' }

/** Adds users by name, each for itself: a name that is not valid or taken does not keep the others out. */
export async function addUsers(store: Store, usernames: string[]): Promise<AddedUser[]> {
  const added: AddedUser[] = []
  for (const username of usernames.map((each) => each.normalize('NFC'))) {
    if (!usernamePattern.test(username)) {
      added.push({ username, refused: 'invalid' })
      continue
    }
    const user = await store.write('addUser', newUser(username))
    added.push(user ? { user } : { username, refused: 'taken' })
  }
  return added
}

/** What GitHub says of whoever signs in. */
export type GithubProfile = { githubId: string; login: string; avatarURL: string | null }

/** The user of a GitHub account; made at the first sign-in, with a suffix where the name is taken. */
export async function findOrCreateGithubUser(store: Store, profile: GithubProfile): Promise<User> {
  const { githubId, login, avatarURL } = profile
  for (let suffix = 1; ; suffix++) {
    // Looked up again each time: two first sign-ins of one account at once make one user.
    const known = await store.write('updateGithubUser', { githubId, avatarURL })
    if (known) return known
    const username = suffix === 1 ? login : `${login}-${suffix}`
    const user = await store.write('addUser', newUser(username, avatarURL, githubId))
    if (user) return user
  }
}

function newUser(username: string, avatarURL: string | null = null, githubId: string | null = null) {
  return { username, key: usernameKey(username), avatarURL, githubId, now: Date.now() }
}
