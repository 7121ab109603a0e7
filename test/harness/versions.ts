import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from './parley.ts'
import versions from '../fixtures/versions.json' with { type: 'json' }

/**
 * An older version: its commit, or the commit that added a file, which is the same on every branch with that
 * file.
 */
type Version = { commit: string } | { addedWith: string }

export type VersionName = keyof typeof versions

/** Returns the commit of a version. Throws if this clone does not have it; fetch the whole history. */
function commitOf(name: VersionName): string {
  const version: Version = versions[name]
  if ('commit' in version) return git('rev-parse', '--verify', `${version.commit}^{commit}`)
  const added = git('log', '--diff-filter=A', '--format=%H', '--', version.addedWith).split('\n').at(-1)
  if (!added) throw new Error(`no commit in this clone adds ${version.addedWith}; fetch the whole history`)
  return added
}

/**
 * Checks a version's sources out into a temporary folder, with this checkout's packages and the version's own
 * workspaces.
 */
export async function checkOut(name: VersionName) {
  const commit = commitOf(name)
  const folder = await mkdtemp(join(tmpdir(), `parley-${name}-`))
  execFileSync('sh', ['-c', 'git -C "$1" archive "$2" | tar -x -C "$3"', 'sh', repository, commit, folder])
  linkPackages(folder)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** Links the installed packages and the checkout's own workspaces into a checkout. */
function linkPackages(folder: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name !== '.cache' && name !== '@parley')
      symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  }
  cpSync(join(repository, 'node_modules/@parley'), join(modules, '@parley'), {
    recursive: true,
    verbatimSymlinks: true
  })
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim()
}
