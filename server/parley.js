#!/usr/bin/env node
// JavaScript, so that any Node can read it, and so that nothing is compiled before the cache is open: the cache keeps
// the other sources with their types stripped and their bytecode. Without it every thread loads a compiler of its own at
// every start: 40 MB, and most of the time that a start takes.
import module from 'node:module'
import { join } from 'node:path'

const needed = 26

if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    `Parley needs Node ${needed} or newer; this is Node ${process.versions.node}.\n` +
      'npm ci brings the right one along: use npm start, or npx parley.'
  )
  process.exit(1)
}

// A folder that cannot be written changes nothing else.
const folder = join(import.meta.dirname, '../node_modules/.cache/parley')
module.enableCompileCache(folder)
// Worker threads take it from here.
process.env['NODE_COMPILE_CACHE'] ??= folder
await import('./cli.ts')
