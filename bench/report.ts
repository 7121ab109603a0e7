import { median, isReached, judged, type BenchRecord, type Curve, type Row } from './result.ts'

/** Returns `docs/benchmarks.md` from the records of the runs. */
export function reportAsMarkdown(records: BenchRecord[]): string {
  const sections = records.map(
    (record) => `## ${record.title}

${record.description}

${table(record.rows)}

![${record.title}](benchmarks/${record.name}.svg)
${record.curve ? curveOf(record, record.curve) : ''}
\`npm run bench -- ${record.name}\` · ${record.date} · commit ${record.commit} · ${record.machine} · ${record.versions} ·
load average before the run: ${record.loadBefore.toFixed(1)}
${(record.notes ?? []).map((note) => `\n${note}\n`).join('')}`
  )
  return `# Benchmarks

Made by \`npm run bench\`; \`npm run bench -- NAME\` runs one and replaces its part. The server has one core and the load
generators the other. Each round runs what Parley is held against and Parley in turn, so a ratio says more than a number;
a cell is the median of the rounds, with the lowest and the highest. A bench fails when a message that was acknowledged is
not delivered, or comes twice or out of order.

${sections.join('\n')}`
}

function table(rows: Row[]): string {
  const lines = rows.map((row) => {
    const reached = isReached(row)
    const cells = [
      row.what,
      row.peer ? `${spread(row.peer.values, row.unit)} (${row.peer.what})` : '–',
      spread(row.parley, row.unit),
      row.peer ? spread(judged(row), '×') : '–',
      row.reach ? `${limit(row)} ${reached ? '✓' : '✗'}` : '–'
    ]
    return `| ${cells.join(' | ')} |`
  })
  return ['| what | held against | Parley | ratio | reach |', '|---|---|---|---|---|', ...lines].join('\n')
}

function curveOf({ name, title }: BenchRecord, { along, points, lines }: Curve): string {
  const rows = [
    [along, ...lines.map(({ what }) => what)],
    ['---', ...lines.map(() => '---')],
    ...points.map((point, index) => [
      short(point),
      ...lines.map(({ unit, values }) => spread(values[index]!, unit))
    ])
  ]
  return `
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

![${title}, along ${along}](benchmarks/${name}-curve.svg)
`
}

function limit({ reach, peer, unit }: Row): string {
  const after = peer ? '×' : ` ${unit}`
  return reach && 'atLeast' in reach ? `≥ ${reach.atLeast}${after}` : `≤ ${reach!.atMost}${after}`
}

/** Formats a median and its range: `12.3 ms (11–14)`. */
export function spread(values: number[], unit: string): string {
  const after = unit === '×' ? '×' : ` ${unit}`
  if (values.length === 1) return `${short(values[0]!)}${after}`
  return `${short(median(values))}${after} (${short(Math.min(...values))}–${short(Math.max(...values))})`
}

export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ')
  return String(Number(value.toPrecision(3)))
}
