import type { ServerRole } from '@parley/contract/primitives'
import { usernameMaxLength } from '@parley/contract/limits'
import { readConfig } from '../config.ts'
import { whyNot } from '../main.ts'
import { runAccountCommand } from './account-command.ts'

/** `parley user add NAME…`. Resolves with the exit code, 1 when a name was not added. */
export async function addUsersByName(names: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return explained('No one was added.', async () => {
    const added = await runAccountCommand(readConfig(env), 'addUsers', names)
    for (const each of added) {
      if ('user' in each) console.log(`added ${each.user.username}`)
      else console.error(`not added: ${each.username}: ${reasons[each.refused]}`)
    }
    return added.every((each) => 'user' in each) ? 0 : 1
  })
}

/** `parley user disable NAME…` and `enable NAME…`. Resolves with the exit code, 1 when no user has one of the names. */
export async function disableUsers(
  usernames: string[],
  disabled: boolean,
  env: NodeJS.ProcessEnv
): Promise<number> {
  const done = disabled ? 'disabled' : 'enabled'
  return explained(`No one was ${done}.`, async () => {
    const accounts = await runAccountCommand(readConfig(env), 'setDisabled', { usernames, disabled })
    for (const account of accounts) {
      if ('changes' in account) console.log(`${done} ${account.username}`)
      else console.error(`not ${done}: ${account.username}: no user has this name`)
    }
    return accounts.every((account) => 'changes' in account) ? 0 : 1
  })
}

/** `parley user role NAME ROLE`. Resolves with the exit code, 1 when no user has the name. */
export async function setUserRole(
  username: string,
  role: ServerRole,
  env: NodeJS.ProcessEnv
): Promise<number> {
  return explained('No one was given a role.', async () => {
    const account = await runAccountCommand(readConfig(env), 'setServerRole', { username, role })
    if ('changes' in account) console.log(`${account.username} is now ${role}`)
    else console.error(`no role given: ${account.username}: no user has this name`)
    return 'changes' in account ? 0 : 1
  })
}

/** `parley user list`: a name a line, with what sets the account apart. Resolves with the exit code. */
export async function listUsers(env: NodeJS.ProcessEnv): Promise<number> {
  return explained('The users cannot be listed.', async () => {
    const config = readConfig(env)
    for (let after = ''; ;) {
      const accounts = await runAccountCommand(config, 'listAccounts', { after })
      if (accounts.length === 0) return 0
      for (const { username, role, disabledAt } of accounts) {
        const parts = [username]
        if (role !== 'member') parts.push(role)
        if (disabledAt !== null) parts.push(`disabled ${new Date(disabledAt).toISOString()}`)
        console.log(parts.join('  '))
      }
      after = accounts.at(-1)!.key
    }
  })
}

const reasons = {
  taken: 'the name is taken',
  'look-alike':
    'it may be taken for another name; choose letters of one script that look like no Latin ones, without piled-up marks',
  invalid: `a username starts with a letter or digit, contains letters, digits, _ . or -, and has at most ${usernameMaxLength} characters`
}

async function explained(instead: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    console.error(`${instead}\n${whyNot(error)}`)
    return 1
  }
}
