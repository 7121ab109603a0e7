import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { cleanEnv, repository } from '../harness/parley.ts'

/** `node bench/run.ts …`; the code it ends with, and what it printed. */
function bench(...args: string[]): Promise<{ code: unknown; printed: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bench/run.ts', ...args],
      { cwd: repository, env: cleanEnv() },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, printed: stdout + stderr })
    )
  })
}

test('every bench runs, and nothing that was acknowledged is lost in it', async () => {
  const { code, printed } = await bench('--quick')
  expect(printed).not.toContain('Error')
  expect(code).toBe(0)
}, 240_000)

test('a bench that there is not is refused, with the names of those there are', async () => {
  const { code, printed } = await bench('nonsense')
  expect([code, printed]).toEqual([2, expect.stringContaining('sends, latency')])
})
