import { expect, test } from 'vitest'
import { listed, meet, message, openScene, send } from './people.ts'

test('L3: the built web app complies with its content security policy, from the sign-in on', async () => {
  await using scene = await openScene()
  const complaints: string[] = []
  for (const { context } of [scene.john, scene.jane]) {
    context.on('console', (line) => {
      if (/content.security.policy|refused to/i.test(line.text())) complaints.push(line.text())
    })
    context.on('weberror', (error) => complaints.push(String(error.error())))
    await context.addInitScript(
      'addEventListener("securitypolicyviolation", (event) => console.error("Content-Security-Policy: " + event.violatedDirective + " " + event.blockedURI))'
    )
  }
  const { johns, janes } = await meet(scene)
  await send(johns, 'Hello jane')
  await listed(janes, 'john').click()
  await message(janes, 'Hello jane').waitFor()
  await johns.reload()
  await message(johns, 'Hello jane').waitFor()
  await johns.evaluate('navigator.serviceWorker.ready.then(() => null)')
  expect(complaints).toEqual([])

  // The page blocks what its policy forbids.
  const stopped = johns.waitForEvent('console', (line) => line.text().startsWith('Content-Security-Policy: '))
  await johns.evaluate(
    'document.body.append(Object.assign(document.createElement("script"), { textContent: "document.title = 1" }))'
  )
  await stopped
  expect(await johns.title()).not.toBe('1')
})
