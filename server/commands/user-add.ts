import { usernameMaxLength } from '@parley/contract/limits'
import { readConfig } from '../config.ts'
import { openDataDir } from '../data-dir.ts'
import { addUsers, type AddedUser } from '../domain/people.ts'
import { whyNot } from '../main.ts'
import { openStoreBeside } from '../open-store.ts'

/** `parley user add NAME…`, in the database that a running Parley uses. Resolves with the exit code. */
export async function addUsersByName(names: string[], env: NodeJS.ProcessEnv): Promise<number> {
  let added: AddedUser[]
  try {
    const config = readConfig(env)
    if (config.database.kind === 'sqlite') await openDataDir(config.dataDir)
    const store = await openStoreBeside(config.database)
    try {
      added = await addUsers(store, names)
    } finally {
      await store.close()
    }
  } catch (error) {
    console.error(`Nobody was added.\n${whyNot(error)}`)
    return 1
  }
  for (const each of added) {
    if ('user' in each) console.log(`added ${each.user.username}`)
    else console.error(`not added: ${each.username}: ${reasons[each.refused]}`)
  }
  return added.every((each) => 'user' in each) ? 0 : 1
}

const reasons = {
  taken: 'the name is taken',
  'look-alike':
    'a name is written in one script, and not in letters that look like those of another one or in heaped marks',
  invalid: `a name begins with a letter or digit, goes on with letters, digits, _ . or -, and has ${usernameMaxLength} characters at most`
}
