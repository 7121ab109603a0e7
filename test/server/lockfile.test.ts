import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../harness/parley.ts'

type Locked = {
  link?: boolean
  resolved?: string
  integrity?: string
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>
}
const installed = Object.entries(packages).filter(
  ([place, { link }]) => place.includes('node_modules/') && !link
)

test('the lockfile has an integrity hash for every package, and names no registry', () => {
  expect(installed.length).toBeGreaterThan(300)
  for (const [place, { integrity, resolved }] of installed) {
    expect({ place, integrity, resolved }).toEqual({
      place,
      integrity: expect.stringMatching(/^sha512-/),
      resolved: undefined
    })
  }
})

test('the lockfile has the optional packages of all platforms', () => {
  // An exact version: the packages of one release, which npm ci needs on every platform.
  const platforms = installed.flatMap(([place, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]) =>
      /^\d/.test(version) ? [[place, name] as const] : []
    )
  )
  expect(platforms.length).toBeGreaterThan(30)
  for (const [place, name] of platforms) {
    expect(
      [`node_modules/${name}`, `${place}/node_modules/${name}`].some((each) => each in packages),
      name
    ).toBe(true)
  }
})
