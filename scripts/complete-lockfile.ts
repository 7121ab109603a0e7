/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out. npm does so when a registry, as
 * some mirrors, does not have them; `npm ci` then refuses the lockfile, also where nobody needs those packages. What
 * could not be fetched has no integrity here. Run it after `npm install` when `npm ci` says "Missing: … from lock file".
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Locked = {
  version?: string
  optionalDependencies?: Record<string, string>
  dev?: boolean
  [field: string]: unknown
}

const path = join(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Locked> }
const added: string[] = []

for (const [place, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  if (!place.startsWith('node_modules/')) continue
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const own = `node_modules/${name}`
    // A range names no version to lock; what is missing here are packages of one release, pinned to it.
    if (lock.packages[own] || lock.packages[`${place}/${own}`] || !/^\d/.test(version)) continue
    lock.packages[own] = { version, ...(dev && { dev }), optional: true, ...platformOf(name) }
    added.push(own)
  }
}

const [root, ...others] = Object.entries(lock.packages)
others.sort(([left], [right]) => left.localeCompare(right, 'en'))
if (added.length > 0) {
  lock.packages = Object.fromEntries([root!, ...others])
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(`${added.length} packages added`)

/** What a name such as `@oxfmt/binding-linux-arm64-musl` says that it is for. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const os = /android|darwin|freebsd|linux|openharmony|win32/.exec(name)?.[0]
  const cpu = /-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(-|$)/.exec(name)?.[1]
  if (!os || !cpu) throw new Error(`${name} does not say for which platform it is`)
  const libc = /musl/.test(name) ? ['musl'] : /-gnu/.test(name) ? ['glibc'] : undefined
  return { os: [os], cpu: [cpu], ...(libc && { libc }) }
}
