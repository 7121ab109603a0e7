import { short, spread } from './report.ts'
import { median, type BenchRecord, type Curve, type Row } from './result.ts'

const width = 720
const labelWidth = 300
const barHeight = 16
const rowGap = 22

/**
 * Returns bars as SVG, one pair per row on its own scale: the peer above, Parley below, with their spread.
 */
export function plotAsSvg({ title, rows }: Pick<BenchRecord, 'title' | 'rows'>): string {
  const parts: string[] = []
  let y = 34
  for (const row of rows) {
    parts.push(text(8, y + 12, row.what))
    const top = Math.max(...row.parley, ...(row.peer?.values ?? []))
    for (const [name, values, color] of barsOf(row)) {
      const scale = (width - labelWidth - 170) / (top || 1)
      const length = median(values) * scale
      const low = labelWidth + Math.min(...values) * scale
      const high = labelWidth + Math.max(...values) * scale
      parts.push(
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${color}"/>`,
        `<path d="M${low.toFixed(1)} ${y + barHeight / 2}H${high.toFixed(1)}" stroke="#000" stroke-width="1"/>`,
        text(Math.max(high, labelWidth + length) + 6, y + 12, `${spread([median(values)], row.unit)} ${name}`)
      )
      y += barHeight + 2
    }
    y += rowGap - barHeight
  }
  return svg(title, y + 8, parts)
}

const panelHeight = 120

/** Returns a panel per line as SVG, from zero to its maximum; their common axis is logarithmic. */
export function plotCurveAsSvg(title: string, { along, points, lines }: Curve): string {
  const parts: string[] = []
  const right = width - 120
  const [first, last] = [Math.log(points[0]!), Math.log(points.at(-1)!)]
  const xOf = (point: number) => 30 + ((Math.log(point) - first) / (last - first || 1)) * (right - 30)
  let bottom = 34
  for (const { what, unit, values } of lines) {
    const top = Math.max(...values.flat()) || 1
    bottom += panelHeight
    const yOf = (value: number) => bottom - (value / top) * (panelHeight - 30)
    parts.push(
      text(30, bottom - panelHeight + 20, what),
      `<path d="M30 ${bottom}H${right}" stroke="#9aa3ad"/>`,
      `<polyline points="${points.map((point, index) => `${xOf(point).toFixed(1)},${yOf(median(values[index]!)).toFixed(1)}`).join(' ')}" fill="none" stroke="#3b6fd4" stroke-width="2"/>`
    )
    for (const [index, point] of points.entries()) {
      const [x, rounds] = [xOf(point).toFixed(1), values[index]!]
      const [low, high] = [yOf(Math.min(...rounds)).toFixed(1), yOf(Math.max(...rounds)).toFixed(1)]
      parts.push(
        `<path d="M${x} ${low}V${high}" stroke="#000"/>`,
        text(xOf(point) + 4, yOf(median(rounds)) + 14, spread([median(rounds)], unit))
      )
    }
  }
  for (const point of points) parts.push(text(xOf(point), bottom + 16, short(point)))
  parts.push(text(30, bottom + 34, along))
  return svg(title, bottom + 44, parts)
}

function svg(title: string, height: number, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-size="14" font-weight="bold">${escape(title)}</text>
${parts.join('\n')}
</svg>
`
}

function barsOf(row: Row): [name: string, values: number[], color: string][] {
  const parley: [string, number[], string] = ['Parley', row.parley, '#3b6fd4']
  return row.peer ? [[row.peer.what, row.peer.values, '#9aa3ad'], parley] : [parley]
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}">${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
