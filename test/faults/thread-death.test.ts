import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Message } from '@parley/contract/messages'
import { loginAs } from '../harness/api.ts'
import { startParley } from '../harness/parley.ts'

test.concurrent.each(['writer', 'reader'])(
  'D4: a %s thread that dies under load ends Parley with a line that states the cause, and a restart has lost nothing',
  async (thread) => {
    const preload = new URL('./thread-death.ts', import.meta.url).href
    const env = { NODE_OPTIONS: `--import ${preload}`, TEST_DYING_THREAD: thread }
    await using parley = await startParley({ env })
    const john = await loginAs(parley.url, 'john')
    const path = `/api/conversations/${(await john.conversationWith('jane')).id}/messages`
    const send = (clientId: string) => john.post<Message>(path, { content: clientId, clientId })

    const acknowledged: string[] = []
    const unknown: string[] = []
    const enough = Promise.withResolvers<void>()
    let dying = false
    const writers = Array.from({ length: 16 }, async () => {
      for (let refused = false; !refused;) {
        const clientId = randomUUID()
        refused = !(await send(clientId).catch(() => null))?.status.toString().startsWith('2')
        ;(refused ? unknown : acknowledged).push(clientId)
        if (acknowledged.length >= 100) enough.resolve()
        expect(refused).toSatisfy((refused) => !refused || dying)
      }
    })
    await enough.promise
    dying = true
    const exit = parley.kill('SIGUSR2')
    expect(await exit).toEqual({ code: 1, signal: null })
    await Promise.all(writers)
    expect(parley.output()).toContain(
      'Parley ends: a thread of the message store died: Error: an unforeseen fault\n'
    )

    await parley.restart()
    for (const clientId of unknown) expect((await send(clientId)).status).toBe(201)
    const found: string[] = []
    for (let before = ''; ;) {
      const { body } = await john.get<Message[]>(`${path}?peek=1${before && `&before=${before}`}`)
      if (body.length === 0) break
      found.push(...body.map((message) => message.content))
      before = body.at(-1)!.id
    }
    expect(found.toSorted()).toEqual([...acknowledged, ...unknown].toSorted())
  }
)
