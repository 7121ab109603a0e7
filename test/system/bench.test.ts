import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flameGraph } from '../../bench/flame-graph.ts'
import { cleanEnv, repository } from '../harness/parley.ts'

/** Runs `node bench/run.ts …`; returns its exit code and output. */
const bench = (...args: string[]) => runNode('bench/run.ts', ...args)

function runNode(...args: string[]): Promise<{ code: unknown; printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: repository, env: cleanEnv() }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, printed: stdout + stderr })
    )
  })
}

test('every bench runs, and loses nothing that was acknowledged', async () => {
  const { code, printed } = await bench('--quick')
  expect(printed).not.toContain('Error')
  expect(code).toBe(0)
}, 240_000)

test('an unknown bench is refused, with the names of the existing ones', async () => {
  const { code, printed } = await bench('nonsense')
  expect([code, printed]).toEqual([2, expect.stringContaining('sends, send-curve')])
})

test('a flame graph shows the work of the threads for sends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-flame-test-'))
  const file = join(folder, 'sends.svg')
  const { code, printed } = await runNode('scripts/flame.ts', file, '--senders', '8', '--seconds', '1')
  expect([code, printed]).toEqual([0, expect.stringContaining('sends from 8 people on SQLite')])
  const [, loop, writer] = (await readFile(file, 'utf8')).split(/The event loop|The writer/)
  expect(loop).toMatch(/<title>\S+ server\/platform\/http\/[\w/.-]+:\d+: [\d.]+ %/)
  expect(writer).toMatch(/<title>\S+ server\/platform\/storage\/sqlite\/[\w.-]+:\d+: [\d.]+ %/)
  await rm(folder, { recursive: true })
})

test('a flame graph contains the functions that ran between its two times', () => {
  const nodes = [
    node(1, '(root)', [2, 3, 4]),
    node(2, '(idle)'),
    node(3, 'start'),
    node(4, 'send', [5]),
    node(5, 'write')
  ]
  // Every 10 µs from 100 on: start, send, write within send, twice, nothing, start twice.
  const profile = {
    startTime: 90,
    nodes,
    samples: [3, 4, 5, 5, 2, 3, 3],
    timeDeltas: Array<number>(7).fill(10)
  }
  const drawn = flameGraph('Sends', [{ thread: 'The event loop', profile }], 105, 145)
  expect(drawn.match(/<title>[^<]*/g)).toEqual([
    '<title>all: 100.0 %',
    '<title>send server/app.ts:5: 100.0 %',
    '<title>write server/app.ts:6: 66.7 %'
  ])
  expect(drawn).toContain('The event loop: runs 75 % of the time')
})

function node(id: number, functionName: string, children: number[] = []) {
  return { id, children, callFrame: { functionName, url: 'file:///parley/server/app.ts', lineNumber: id } }
}
