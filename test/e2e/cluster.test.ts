import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { openBrowser } from '../harness/chromium.ts'
import { noCluster, startCluster, type Cluster } from '../harness/cluster.ts'
import { listed, message, send, signInBehind, startWith } from './people.ts'

describe.skipIf(noCluster)(
  `Three nodes in browsers (${noCluster ?? 'one Postgres, one NATS, nginx'})`,
  () => {
    const stack = new AsyncDisposableStack()
    let cluster: Cluster
    let johns: Page
    let janes: Page
    beforeAll(async () => {
      cluster = stack.use(await startCluster({ env: { PARLEY_DRAIN_SECONDS: '1' } }))
      const settings = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' }
      const [john, jane] = await Promise.all([openBrowser(settings), openBrowser(settings)])
      stack.use(john)
      stack.use(jane)
      johns = await signInBehind(john, cluster.url, cluster.nodes[0]!.url, 'john')
      janes = await signInBehind(jane, cluster.url, cluster.nodes[1]!.url, 'jane')
      await startWith(johns, 'jane')
    })
    afterAll(() => stack.disposeAsync())

    it('john and jane talk, whichever node handles each request', async () => {
      await send(johns, 'Hello jane 0')
      await listed(janes, 'john').click()
      for (let i = 1; i <= 5; i++) {
        await message(janes, `Hello jane ${i - 1}`).waitFor()
        await send(janes, `Hello john ${i}`)
        await message(johns, `Hello john ${i}`).waitFor()
        await send(johns, `Hello jane ${i}`)
      }
      await message(janes, 'Hello jane 5').waitFor()
      const posts = (await cluster.nginx.requests()).filter((line) => /^POST .*\/conversations\//.test(line))
      expect(new Set(posts.map((line) => line.split(':').at(-1))).size).toBe(3)
    })

    it('N6: they continue to talk while all nodes restart, one after the other', async () => {
      for (const [i, node] of cluster.nodes.entries()) {
        const restarted = node.kill('SIGTERM').then(() => node.restart())
        await send(johns, `During the restart of ${i}`)
        await message(janes, `During the restart of ${i}`).waitFor()
        await send(janes, `Meanwhile ${i}`)
        await message(johns, `Meanwhile ${i}`).waitFor()
        await restarted
      }
      const talk = [0, 1, 2].flatMap((i) => [`During the restart of ${i}`, `Meanwhile ${i}`])
      for (const page of [johns, janes]) {
        await page.reload()
        await message(page, 'Meanwhile 2').waitFor()
        // Earlier messages are not rendered until they are scrolled into view.
        expect((await page.locator('[data-part=text]').allTextContents()).slice(-6)).toEqual(talk)
      }
    })
  }
)
