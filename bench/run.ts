/**
 * `npm run bench [-- NAME…] [--quick]`: runs benches; without --quick, writes docs/benchmarks.md and its
 * plots.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { plotAsSvg, plotCurveAsSvg } from './plot.ts'
import { reportAsMarkdown, spread } from './report.ts'
import { isReached, judged, type Bench, type BenchRecord } from './result.ts'
import { fanOut } from './fan-out.ts'
import { fanOutCurve } from './fan-out-curve.ts'
import { groupMemory } from './group-memory.ts'
import { groupSend } from './group-send.ts'
import { herd } from './herd.ts'
import { jobs } from './jobs.ts'
import { latency } from './latency.ts'
import { metricsCost } from './metrics-cost.ts'
import { misbehaving } from './misbehaving.ts'
import { move } from './move.ts'
import { nodes } from './nodes.ts'
import { sendCurve } from './send-curve.ts'
import { sends } from './sends.ts'
import { pinToLoadCore } from './servers.ts'
import { start } from './start.ts'
import { stored } from './stored.ts'
import { streamMemory } from './stream-memory.ts'

const benches: Bench[] = [
  sends,
  sendCurve,
  latency,
  groupSend,
  streamMemory,
  groupMemory,
  herd,
  misbehaving,
  fanOut,
  fanOutCurve,
  nodes,
  move,
  start,
  stored,
  jobs,
  metricsCost
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } }
})
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no bench ${unknown.join(', ')}. There are: ${benches.map(({ name }) => name).join(', ')}`
  )
  process.exit(2)
}

pinToLoadCore()
const docs = join(import.meta.dirname, '../docs')
const plots = join(docs, 'benchmarks')
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue
  console.log(`\n${bench.name}: ${bench.title}`)
  const loadBefore = loadavg()[0]!
  const outcome = await bench.run(values.quick ? 'quick' : 'full', (line) => console.log(`  ${line}`))
  for (const row of outcome.rows) {
    const ratio = row.peer ? `, ${spread(judged(row), '×')} of ${spread(row.peer.values, row.unit)}` : ''
    const reached = values.quick
      ? ''
      : { true: '  reached', false: '  NOT REACHED', null: '' }[String(isReached(row))]
    console.log(`  ${row.what}: ${spread(row.parley, row.unit)}${ratio}${reached}`)
  }
  if (values.quick) continue
  const { name, title, description } = bench
  keep({ ...outcome, name, title, description, ...circumstances(), loadBefore })
}
if (!values.quick) writeReport()

function keep(record: BenchRecord): void {
  mkdirSync(plots, { recursive: true })
  writeFileSync(join(plots, `${record.name}.json`), `${JSON.stringify(record, null, 2)}\n`)
  writeFileSync(join(plots, `${record.name}.svg`), plotAsSvg(record))
  if (record.curve)
    writeFileSync(join(plots, `${record.name}-curve.svg`), plotCurveAsSvg(record.title, record.curve))
}

function writeReport(): void {
  const records = benches
    .map(({ name }) => join(plots, `${name}.json`))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as BenchRecord)
  writeFileSync(join(docs, 'benchmarks.md'), reportAsMarkdown(records))
}

function circumstances(): Pick<BenchRecord, 'date' | 'commit' | 'machine' | 'versions'> {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: `${cpus().length} cores of ${cpu!.model.trim()}, ${memory} GB, Linux ${release()}`,
    versions: `Node ${process.versions.node}, SQLite ${process.versions.sqlite}`
  }
}
