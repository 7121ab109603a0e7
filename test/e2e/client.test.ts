import { join } from 'node:path'
import { build } from 'vite'
import { expect, it } from 'vitest'
import { runClientScenario } from '../fixtures/client-scenario.ts'
import { openBrowser } from '../harness/chromium.ts'
import { repository, startParley } from '../harness/parley.ts'

const texts = Array.from({ length: 20 }, (_, n) => `message ${n} – grüße 👋🏽`)
const all = [...texts, 'while she was away', 'I am back']
const expected = {
  live: texts,
  acknowledged: texts,
  resumed: all,
  history: all,
  aware: [true, true],
  renewed: true,
  whoAmI: 'unauthenticated'
}

it('C6, G7: the client package does the same in Node', async () => {
  await using parley = await startParley()
  expect(await runClientScenario(parley.url)).toEqual(expected)
})

it('C6: the client package does the same in Chromium', async () => {
  await using parley = await startParley()
  await using browser = await openBrowser()
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: repository,
    build: {
      write: false,
      lib: {
        entry: join(repository, 'test/fixtures/client-scenario.ts'),
        formats: ['iife'],
        name: 'scenario'
      }
    }
  })
  if (!Array.isArray(built)) throw new Error('expected a single bundle')
  const page = await browser.context.newPage()
  // A page of the app: the policy of other responses forbids connections.
  await page.goto(parley.url)
  const seen = await page.evaluate(
    `${built[0]!.output[0].code}; scenario.runClientScenario(${JSON.stringify(parley.url)})`
  )
  expect(seen).toEqual(expected)
})
