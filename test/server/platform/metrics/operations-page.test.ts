import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../../../../server/settings.ts'
import { startInProcess, type InProcess } from '../../../harness/in-process.ts'

const page = readFileSync('docs/OPERATIONS.md', 'utf8')
const rules = /```yaml\n(# parley-rules\.yml\n[^]*?)```/.exec(page)![1]!

let parley: InProcess
/** Every metric at /metrics, by name. */
let types: Map<string, string>
beforeAll(async () => {
  parley = await startInProcess({ PARLEY_METRICS_PORT: '0' })
  await parley.listen()
  const text = await (await fetch(parley.app.metricsUrl()!)).text()
  types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))
})
afterAll(() => parley.close())

describe('docs/OPERATIONS.md', () => {
  test('describes exactly the metrics that exist', () => {
    const rows = page.split('\n').filter((line) => /^\| `(parley|process|nodejs)_/.test(line))
    const documented = rows.flatMap((row) =>
      [...row.split(' | ')[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
    )
    expect(documented.toSorted()).toEqual([...types.keys()].toSorted())
  })

  test('alerts on existing metrics, according to their type', () => {
    const asked = [...new Set(rules.match(/\b(parley|process|nodejs)_\w+/g))]
    expect(asked.length).toBeGreaterThan(10)
    for (const name of asked) {
      const metric = name.replace(/_(bucket|count|sum)$/, '')
      expect([name, types.get(types.has(name) ? name : metric)]).not.toContain(undefined)
      if (!types.has(name)) expect([name, types.get(metric)]).toEqual([name, 'histogram'])
    }
  })

  test('names existing settings', () => {
    const names = settings.map(({ name }) => name as string)
    for (const name of page.match(/\bPARLEY_[A-Z_]+[A-Z]/g)!) expect(names).toContain(name)
  })
})

test('metrics follow Prometheus naming: counters end in total, and units are base units', () => {
  for (const [name, type] of types) {
    if (!name.startsWith('parley_')) continue
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(/milli|micro|_ms\b|kilo|mega/)
  }
})
