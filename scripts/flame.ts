/**
 * `npm run flame -- FILE [--engine SQLite|Postgres] [--senders N] [--seconds N]` draws a flame graph of the
 * `sends` bench, with the profiler on in every thread of the server.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flameGraph, type CpuProfile } from '../bench/flame-graph.ts'
import {
  engines,
  expectDelivered,
  pinToLoadCore,
  startListening,
  startPinnedParley,
  startSenders
} from '../bench/servers.ts'
import { repository } from '../test/harness/parley.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'SQLite' },
    senders: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '8' }
  }
})
const [file] = positionals
const engine = engines.find((each) => each === values.engine)
const [senders, seconds] = [Number(values.senders), Number(values.seconds)]
if (!file || !engine || !(senders > 0) || !(seconds > 0)) {
  console.error(
    `npm run flame -- FILE.svg [--engine ${engines.join('|')}] [--senders N] [--seconds N]: writes a flame graph`
  )
  process.exit(2)
}

/** Sampling interval, µs. */
const interval = 250
const titles = ['The event loop', 'The writer']

pinToLoadCore()
const folder = mkdtempSync(join(tmpdir(), 'parley-flame-'))
const parley = await startPinnedParley(
  2 * senders,
  {
    NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${interval}`,
    PARLEY_RATE_LIMITS: 'off'
  },
  engine,
  // Runs from the sources, so that the graph names them.
  repository
)
await using load = startSenders()
const { readers, targets } = await startListening(parley)
const content = 'hello jane, how are you?'
const run = (ms: number) => load.call('run', { port: parley.port, targets, content, warmUpMs: 0, ms })
const warmUp = await run((seconds * 1_000) / 2)
const from = microsNow()
const measured = await run(seconds * 1_000)
const to = microsNow()
const total = [...warmUp.perTarget, ...measured.perTarget].reduce((sum, count) => sum + count, 0)
await expectDelivered(readers, parley, total)
await readers.close()
// A graceful stop: profiles are written at the end.
await parley.parley.kill('SIGTERM')
await parley.close()

// CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile
const profiled = readdirSync(folder)
  .map((name) => ({ name, thread: Number(name.split('.').at(-3)) }))
  .toSorted((a, b) => a.thread - b.thread)
  // Reader threads have no work in this bench.
  .slice(0, engine === 'SQLite' ? titles.length : 1)
  .map(({ name }, index) => ({
    thread: titles[index]!,
    profile: JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile
  }))
const title = `${measured.answers} sends from ${senders} people on ${engine}, in ${seconds} s`
writeFileSync(file, flameGraph(title, profiled, from, to))
rmSync(folder, { recursive: true })
console.log(`${title}: ${file}`)

/** Returns the time on the profiles' clock, µs. */
function microsNow(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
