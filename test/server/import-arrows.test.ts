import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repository } from '../harness/parley.ts'

/** An import that breaks an arrow of docs/ARCHITECTURE.md, by the file that has it. */
const broken: [file: string, imported: string][] = [
  ['contract/messages.ts', '../server/config.ts'],
  ['contract/text/links.ts', 'typebox'],
  ['contract/text/links.ts', '../messages.ts'],
  ['server/app.ts', 'kysely'],
  ['server/app.ts', 'fastify'],
  ['server/commands/user.ts', 'pg'],
  ['server/messages/messages.ts', './routes.ts'],
  ['server/messages/messages.ts', '../conversations/participant-routes.ts'],
  ['server/messages/messages.ts', '../sessions/jobs.ts'],
  ['server/messages/messages.ts', '../procedures.ts'],
  ['server/messages/messages.ts', '../settings.ts'],
  ['server/messages/messages.ts', 'kysely'],
  ['server/messages/messages.ts', 'kysely/helpers/sqlite'],
  ['server/messages/messages.ts', 'fastify'],
  ['server/messages/messages.ts', '@fastify/static'],
  ['server/messages/messages.ts', '@parley/client'],
  ['server/messages/routes.ts', '../people/routes.ts'],
  ['server/messages/routes.ts', 'kysely'],
  ['server/messages/procedures.ts', 'fastify'],
  ['server/messages/procedures.ts', '../platform/http/ids.ts'],
  ['server/messages/rules.ts', './procedures.ts'],
  ['server/messages/rules.ts', '../platform/principal.ts'],
  ['server/messages/rules.ts', 'node:fs'],
  ['server/platform/throttle.ts', '../messages/rules.ts'],
  ['server/platform/http/problems.ts', '../../store.ts'],
  ['server/platform/http/problems.ts', '../jobs/runner.ts'],
  ['server/platform/storage/store.ts', '../../messages/procedures.ts'],
  ['server/platform/storage/store.ts', '../realtime/hub.ts'],
  ['server/platform/storage/sqlite/writer.ts', '../../../messages/procedures.ts'],
  ['server/platform/storage/sqlite/writer.ts', '../../http/ids.ts'],
  ['server/platform/realtime/hub.ts', '../../presence/presence.ts'],
  ['server/platform/realtime/hub.ts', 'kysely'],
  ['server/platform/metrics/metrics.ts', 'prom-client'],
  ['server/platform/metrics/exposition.ts', '../http/ids.ts'],
  ['server/platform/jobs/runner.ts', 'kysely'],
  ['server/platform/jobs/procedures.ts', '../../sessions/procedures.ts'],
  ['client/client.ts', 'node:fs'],
  ['web/src/app/shell.tsx', 'idb'],
  ['web/src/app/shell.tsx', '@parley/contract/problem-details'],
  ['web/src/ui/button.tsx', '../state/hooks/messenger.ts'],
  ['web/src/ui/button.tsx', 'typebox'],
  ['web/src/lib/times.ts', '../state/model/state.ts'],
  ['web/src/features/home/home-pane.tsx', '../conversation/quote.tsx'],
  ['web/src/features/home/home-pane.tsx', '../../state/kept/drafts.ts'],
  ['web/src/features/home/home-pane.tsx', '../../app/shell.tsx'],
  ['web/src/state/model/state.ts', '../kept/drafts.ts'],
  ['web/src/state/model/state.ts', 'react'],
  ['web/src/state/kept/drafts.ts', '../sync/tab.ts'],
  ['web/src/state/sync/tab.ts', '../hooks/messenger.ts'],
  ['web/src/state/sync/tab.ts', 'idb'],
  ['web/src/state/hooks/messenger.ts', '../../ui/button.tsx']
]

/** Imports that the arrows allow. */
const allowed: [file: string, imported: string][] = [
  ['server/messages/messages.ts', '../people/people.ts'],
  ['server/messages/messages.ts', '../conversations/rules.ts'],
  ['server/messages/procedures.ts', 'kysely'],
  ['server/messages/routes.ts', 'fastify'],
  ['server/messages/rules.ts', '../conversations/rules.ts'],
  ['web/src/features/home/home-pane.tsx', '../../state/hooks/messenger.ts'],
  ['web/src/state/kept/drafts.ts', 'idb']
]

let place: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'parley-arrows-'))
})
afterAll(() => rm(place, { recursive: true }))

/** Lints a file for each import, under the repository's rules; returns the imports that are refused. */
async function refusedAmong(imports: [file: string, imported: string][]): Promise<string[]> {
  const rules = JSON.parse(await readFile(join(repository, '.oxlintrc.json'), 'utf8')) as object
  const refused: string[] = []
  for (const [i, [file, imported]] of imports.entries()) {
    // A tree for each import, as a file has one path.
    const root = join(place, `${imports.length}-${i}`)
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, '.oxlintrc.json'), JSON.stringify({ ...rules, options: {} }))
    await writeFile(join(root, file), `export * from '${imported}'\n`)
    if ((await lint(root)).includes('no-restricted-imports')) refused.push(`${file} ${imported}`)
  }
  return refused.sort()
}

function lint(cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(repository, 'node_modules/.bin/oxlint'), ['.'], { cwd }, (_, stdout) => resolve(stdout))
  })
}

test('every import against an arrow is refused by the linter', async () => {
  expect(await refusedAmong(broken)).toEqual(broken.map((each) => each.join(' ')).sort())
})

test('imports along the arrows are not', async () => {
  expect(await refusedAmong(allowed)).toEqual([])
})
