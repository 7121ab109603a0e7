/** A V8 CPU profile, without unused fields. Times are in µs, on a clock shared by all processes. */
export type CpuProfile = {
  startTime: number
  samples: number[]
  timeDeltas: number[]
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
}

/** A thread and its profile. */
export type Profiled = { thread: string; profile: CpuProfile }

/** A function's time including its callees, µs. */
type Frame = { name: string; kind: keyof typeof colors; micros: number; callees: Map<string, Frame> }

const width = 1_200
const rowHeight = 17
/** Narrower frames are invisible and are not drawn. */
const narrowest = 0.4
const colors = { parley: '#8fb4f0', packages: '#b7d8a8', node: '#dcdcdc', engine: '#f0c38f' }

/**
 * Returns a flame graph as SVG, from the root down, one per thread, for the work between two times; idle time
 * is omitted.
 */
export function flameGraph(title: string, profiled: Profiled[], from: number, to: number): string {
  const parts: string[] = []
  let y = 50
  for (const { thread, profile } of profiled) {
    const root = treeOf(profile, from, to)
    const share = Math.round((100 * root.micros) / (to - from))
    parts.push(text(8, y, `${thread}: runs ${share} % of the time`, 14))
    const rows = draw(root, 0, y + 8, width / (root.micros || 1), root.micros, parts)
    y += (rows + 2) * rowHeight + 20
  }
  const legend = Object.entries(colors).map(([kind, color], index) => {
    const x = width - 400 + index * 100
    return `<rect x="${x}" y="10" width="14" height="14" fill="${color}"/>${text(x + 18, 21, kind)}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${text(8, 21, title, 14)}
${legend.join('\n')}
${parts.join('\n')}
</svg>
`
}

function treeOf({ nodes, samples, timeDeltas, startTime }: CpuProfile, from: number, to: number): Frame {
  const own = new Map<number, number>()
  let at = startTime
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index]!
    // A sample stands for the time until the next one.
    if (at >= from && at < to) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0))
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const root: Frame = { name: 'all', kind: 'engine', micros: 0, callees: new Map() }
  function add(id: number, caller: Frame): number {
    const { callFrame, children = [] } = byId.get(id)!
    const { functionName, url, lineNumber } = callFrame
    if (functionName === '(idle)') return 0
    const name = `${functionName || 'anonymous'} ${placeOf(url)}${url && `:${lineNumber + 1}`}`.trim()
    const frame = caller.callees.get(name) ?? { name, kind: kindOf(url), micros: 0, callees: new Map() }
    caller.callees.set(name, frame)
    const micros = children.reduce((sum, child) => sum + add(child, frame), own.get(id) ?? 0)
    frame.micros += micros
    return micros
  }
  for (const child of nodes[0]!.children ?? []) root.micros += add(child, root)
  return root
}

/** Draws a frame and its callees below it; returns the number of rows. */
function draw(frame: Frame, x: number, y: number, scale: number, whole: number, parts: string[]): number {
  const wide = frame.micros * scale
  if (wide < narrowest) return 0
  const percent = ((100 * frame.micros) / whole).toFixed(1)
  parts.push(
    `<g><title>${escape(frame.name)}: ${percent} %</title>` +
      `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(wide - 0.3, 0.2).toFixed(1)}" height="${rowHeight - 1}" fill="${colors[frame.kind]}"/>` +
      `${wide > 40 ? text(x + 2, y + 12, frame.name.slice(0, wide / 6.6)) : ''}</g>`
  )
  let left = x
  let rows = 0
  for (const callee of [...frame.callees.values()].toSorted((a, b) => b.micros - a.micros)) {
    rows = Math.max(rows, draw(callee, left, y + rowHeight, scale, whole, parts))
    left += callee.micros * scale
  }
  return rows + 1
}

function kindOf(url: string): Frame['kind'] {
  if (url === '') return 'engine'
  if (url.startsWith('node:')) return 'node'
  return url.includes('/node_modules/') ? 'packages' : 'parley'
}

/** Returns a path relative to its package or workspace. */
function placeOf(url: string): string {
  return url.replace(/^.*\/(?:node_modules|(?=(?:server|contract)\/))/, '').replace(/^\//, '')
}

function text(x: number, y: number, content: string, size?: number): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${size ? ` font-size="${size}"` : ''}>${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
