import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataDir } from '../../server/platform/storage/data-dir.ts'

let place: string
let folder: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-data-dir-'))
  folder = join(place, 'data')
})
afterEach(() => rm(place, { recursive: true }))

const modeOf = async () => (await stat(folder)).mode & 0o777

test('a data folder is created with access for its owner only', async () => {
  expect(await openDataDir(folder)).toBeNull()
  expect(await modeOf()).toBe(0o700)
})

test('a folder with only Parley’s files becomes accessible to its owner only', async () => {
  await mkdir(folder)
  await chmod(folder, 0o755)
  for (const name of ['parley.db', 'parley.db-wal', 'parley.db.before-0002-groups-2026', 'parley.sock']) {
    await writeFile(join(folder, name), '')
  }
  expect(await openDataDir(folder)).toBeNull()
  expect(await modeOf()).toBe(0o700)
})

test('a folder with other files keeps its permissions, and a log line says so', async () => {
  await mkdir(folder)
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'holiday.jpg'), '')
  expect(await openDataDir(folder)).toMatch(/holds other files \("holiday\.jpg"\) .*mode 755.*chmod 700/)
  expect(await modeOf()).toBe(0o755)
  await chmod(folder, 0o700)
  expect(await openDataDir(folder)).toBeNull()
})
