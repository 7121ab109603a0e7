#!/usr/bin/env node
// JavaScript, so that any Node can read it, and so that nothing is compiled before the cache is open: the cache keeps
// the other sources with their types stripped and their bytecode. Without it every thread loads a compiler of its own at
// every start: 40 MB, and most of the time that a start takes.
import module from 'node:module'
import { join } from 'node:path'
import v8 from 'node:v8'

const needed = 26

if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    `Parley needs Node ${needed} or newer; this is Node ${process.versions.node}.\n` +
      'npm ci brings the right one along: use npm start, or npx parley.'
  )
  process.exit(1)
}

// Where all that V8 sees of a kind of object lives through a collection, it makes the next ones old from the start. The
// requests that wait for their commit look like that, and each old object keeps alive whatever younger one it points at:
// under load a quarter of all that was allocated was copied, and kept until the next full collection.
v8.setFlagsFromString('--no-allocation-site-pretenuring')

// A folder that cannot be written changes nothing else.
const folder = join(import.meta.dirname, '../node_modules/.cache/parley')
module.enableCompileCache(folder)
// Worker threads take it from here.
process.env['NODE_COMPILE_CACHE'] ??= folder
await import('./use-packed.ts')
await import('./cli.ts')
