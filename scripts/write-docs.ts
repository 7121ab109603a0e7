/**
 * Rewrites the generated parts of the docs: docs/openapi.json and the table in docs/SETTINGS.md. Tests
 * compare them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../server/app.ts'
import { readConfig } from '../server/config.ts'
import { describeRoutes } from '../server/platform/http/openapi.ts'
import { settingsAsMarkdown } from '../server/settings.ts'

const docs = join(import.meta.dirname, '../docs')
const folder = mkdtempSync(join(tmpdir(), 'parley-docs-'))
const app = await createApp(readConfig({ DATA_DIR: folder, PARLEY_LOG_LEVEL: 'silent' }), describeRoutes)
await app.server.ready()
writeFileSync(join(docs, 'openapi.json'), `${JSON.stringify(app.server.swagger(), null, 2)}\n`)
await app.close()
rmSync(folder, { recursive: true })

const settingsPath = join(docs, 'SETTINGS.md')
const settings = readFileSync(settingsPath, 'utf8')
writeFileSync(
  settingsPath,
  settings.replace(/^\|[^]*\|$/m, () => settingsAsMarkdown())
)
