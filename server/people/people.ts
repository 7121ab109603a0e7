import { randomInt } from 'node:crypto'
import type { User } from '@parley/contract/people'
import { Problem } from '@parley/contract/problems'
import { usernameMaxLength } from '@parley/contract/limits'
import { keyBefore, typedUsernameKey, usernameKey } from '@parley/contract/usernames'
import type { Store } from '../store.ts'
import { nameProblem, type NameProblem } from './rules.ts'

/** Names that are looked up at a time. */
const namesMax = 100

/** The user called `username`. Throws `user_not_found`. */
export async function findPerson(store: Store, username: string): Promise<User> {
  const user = await store.read('findUser', { key: await keyOf(store, username) })
  if (!user) throw new Problem('user_not_found', { username })
  return user
}

/** The key under which the user whom people type as `username` is looked up. */
export async function keyOf(store: Store, username: string): Promise<string> {
  return (await keysOf(store, [username]))[0]!
}

/**
 * Returns the key of each of `usernames`. If two old names have the same key today, the later one kept its old key
 * (0005-username-keys.ts), and its former spelling still finds that user.
 */
export async function keysOf(store: Store, usernames: string[]): Promise<string[]> {
  const keys = usernames.map(typedUsernameKey)
  const before = usernames.map(keyBefore)
  const kept = await findUserIds(
    store,
    before.filter((key, i) => key !== keys[i])
  )
  return keys.map((key, i) => (kept.has(before[i]!) ? before[i]! : key))
}

/** The ids of the users with these keys, by key; of those there are. */
export async function findUserIds(store: Store, keys: string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (let i = 0; i < keys.length; i += namesMax) {
    for (const [key, id] of await store.read('findUserIds', { keys: keys.slice(i, i + namesMax) })) {
      found.set(key, id)
    }
  }
  return found
}

/** Why a new user was not added, or the user. */
export type AddedUser = { user: User } | { username: string; refused: NameProblem | 'taken' }

/** Adds users by name, each for itself: a name that is not valid or taken does not keep the others out. */
export async function addUsers(store: Store, usernames: string[]): Promise<AddedUser[]> {
  const added: AddedUser[] = []
  for (const username of usernames.map((each) => each.normalize('NFC'))) {
    const refused = nameProblem(username)
    if (refused) {
      added.push({ username, refused })
      continue
    }
    const user = await store.write('addUser', newUser(username))
    added.push(user ? { user } : { username, refused: 'taken' })
  }
  return added
}

/** What GitHub says of a person who signs in. `login` is any text. */
export type GithubProfile = { githubId: string; login: string; avatarURL: string | null }

/** Suffixes that are tried in turn before random ones. */
const countedSuffixes = 9

/**
 * Returns the user of a GitHub account. Creates it at the first sign-in if `mayJoin` allows; adds a suffix to a taken name, and
 * uses the account's id if its login is not a valid username. Throws `registration_closed`.
 */
export async function findOrCreateGithubUser(
  store: Store,
  profile: GithubProfile,
  mayJoin: () => Promise<boolean>
): Promise<User> {
  const { githubId, avatarURL } = profile
  const login = nameProblem(profile.login) === null ? profile.login : `github-${githubId}`
  for (let attempt = 1; ; attempt++) {
    // Looked up again each time: two first sign-ins of one account at once make one user.
    const known = await store.write('updateGithubUser', { githubId, avatarURL })
    if (known) return known
    if (attempt === 1 && !(await mayJoin())) throw new Problem('registration_closed')
    const suffix = attempt <= countedSuffixes ? attempt : randomInt(10 ** 9)
    const username = attempt === 1 ? login : withSuffix(login, `-${suffix}`)
    const user = await store.write('addUser', newUser(username, avatarURL, githubId))
    if (user) return user
  }
}

/** A name with a suffix, shortened so that it is not too long. */
function withSuffix(name: string, suffix: string): string {
  return (
    Array.from(name)
      .slice(0, usernameMaxLength - suffix.length)
      .join('') + suffix
  )
}

function newUser(username: string, avatarURL: string | null = null, githubId: string | null = null) {
  return { username, key: usernameKey(username), avatarURL, githubId, now: Date.now() }
}
