import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { libraries, packedFile } from '../../server/packed.ts'
import { repository, startParley } from '../harness/parley.ts'

const files = Object.entries(libraries).flatMap(([library, specifiers]) =>
  specifiers.map((specifier) => ({ specifier, file: packedFile(library, specifier) }))
)

beforeAll(async () => {
  // Others start servers meanwhile: what is there is not built again.
  if (files.every(({ file }) => existsSync(file))) return
  await promisify(execFile)(process.execPath, ['scripts/pack-libraries.ts'], { cwd: repository })
})

test.each(files)('$specifier has, packed, everything that it has as it is', async ({ specifier, file }) => {
  expect(await namesIn(pathToFileURL(file).href)).toEqual(await namesIn(import.meta.resolve(specifier)))
})

test('Parley loads the packed libraries, in every thread', async () => {
  await using parley = await startParley({
    under: (dataDir) => ['strace', '-D', '-f', '-e', 'trace=openat', '-o', join(dataDir, 'opened')]
  })
  const opened = await readFile(join(parley.dataDir, 'opened'), 'utf8')
  expect(opened).not.toMatch(/node_modules\/(kysely|typebox)\/\S+js"/)
  expect(opened.match(/parley\/kysely-[\d.]+\/kysely\.js"/g)).toHaveLength(2)
})

async function namesIn(url: string): Promise<string[]> {
  return Object.keys((await import(/* @vite-ignore */ url)) as object).toSorted()
}
