import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileState } from '../fixtures/file-state.ts'
import { loginAs } from '../harness/api.ts'
import { repository, startParley } from '../harness/parley.ts'

test('C1, C4: a Node bot killed again and again records every message once, in order, and starts over on an older server', async () => {
  await using parley = await startParley()
  const place = await mkdtemp(join(tmpdir(), 'parley-bot-'))
  const file = join(place, 'state.json')
  const [john, jane] = [await loginAs(parley.url, 'john'), await loginAs(parley.url, 'jane')]
  const { id } = await john.conversationWith('jane')
  let bot: ChildProcess | undefined
  const start = () => {
    const script = join(repository, 'test/fixtures/bot.ts')
    bot = spawn(process.execPath, [script, parley.url, jane.token, id, file], {
      stdio: ['ignore', 'ignore', 'inherit']
    })
  }
  const stop = async (signal: NodeJS.Signals) => {
    if (!bot || bot.exitCode !== null || bot.signalCode !== null) return
    const ended = once(bot, 'exit')
    bot.kill(signal)
    await ended
  }
  const written = async () => (await fileState<readonly string[]>(file).load())?.state ?? []
  const untilWritten = (count: number) =>
    expect.poll(async () => (await written()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count)

  try {
    const sent: string[] = []
    const over = new AbortController()
    const sending = (async () => {
      while (!over.signal.aborted) {
        sent.push(`message ${sent.length}`)
        await john.send(id, sent.at(-1)!)
      }
    })()
    for (let kills = 0; kills < 3; kills++) {
      start()
      // At an arbitrary point of its events and saves.
      await untilWritten((await written()).length + 3)
      await stop('SIGKILL')
    }
    over.abort()
    await sending
    start()
    await untilWritten(sent.length)
    expect(await written()).toEqual(sent)

    await parley.kill('SIGTERM')
    const backup = join(place, 'backup')
    await cp(parley.dataDir, backup, { recursive: true })
    await parley.restart()
    await john.send(id, 'to be lost')
    await untilWritten(sent.length + 1)
    await parley.kill()
    await rm(parley.dataDir, { recursive: true })
    await cp(backup, parley.dataDir, { recursive: true })
    await parley.restart()
    await john.send(id, 'after the restore')
    await expect.poll(async () => (await written()).at(-1), { timeout: 60_000 }).toBe('after the restore')
    expect(await written()).toEqual([...sent, 'after the restore'])
  } finally {
    await stop('SIGTERM')
    await rm(place, { recursive: true })
  }
})
