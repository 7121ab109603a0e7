import { globSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const packages = ['contract', 'server', 'client', 'web/src']
const files = globSync(packages.map((name) => `${name}/**/*.{ts,tsx}`)).filter(
  (file) => !file.includes('node_modules')
)

/** Returns the files that a file imports, types included. The linter's own rule sees values only. */
function importsOf(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)
  return Array.from(specifiers, ([, specifier]) => fileOf(file, specifier!)).filter(existsSync)
}

function fileOf(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(importer), specifier))
  if (specifier === '@parley/client') return 'client/index.ts'
  return `${specifier.replace('@parley/', '')}.ts`
}

/** Returns each strongly connected component of more than one file (Tarjan, 1972). */
function circlesOf(graph: ReadonlyMap<string, string[]>): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  function visit(file: string): void {
    order.set(file, order.size)
    lowest.set(file, order.get(file)!)
    stack.push(file)
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next)
      else if (!stack.includes(next)) continue
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!))
    }
    if (lowest.get(file) !== order.get(file)) return
    const circle = stack.splice(stack.indexOf(file))
    if (circle.length > 1) circles.push(circle.toSorted())
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return circles
}

test('no files import each other in a circle, types included', () => {
  const graph = new Map(files.map((file) => [normalize(file), importsOf(file)]))
  expect(graph.size).toBeGreaterThan(300)
  expect([...graph.values()].flat().length).toBeGreaterThan(1_000)
  expect(circlesOf(graph)).toEqual([])
})

test('a circle of three files is found', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', []]
  ])
  expect(circlesOf(graph)).toEqual([['a', 'b', 'c']])
})
