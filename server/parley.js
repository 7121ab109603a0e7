#!/usr/bin/env -S node --no-allocation-site-pretenuring
// JavaScript, and with nothing of the rest loaded statically, so that an old Node can read it and say what it needs.
//
// About the flag: V8 allocates objects in the old generation once all earlier objects of the same allocation site survived a
// collection. Requests that wait for their commit look like that, and each old object keeps younger objects alive: under load,
// V8 copied a quarter of all allocations and kept them until the next full collection.
import module from 'node:module'
import { join } from 'node:path'

const needed = 26

if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(
    `Parley needs Node ${needed} or newer. This is Node ${process.versions.node}.\n` +
      'Install it from https://nodejs.org. In a checkout, npm ci installs it: run npm start.'
  )
  process.exit(1)
}

// Keeps compiled code beside the program, where only the owner of the program writes. In a folder that cannot be written,
// Node does without.
const folder = join(import.meta.dirname, '../node_modules/.cache/parley')
module.enableCompileCache(folder)
// Worker threads read it from here.
process.env['NODE_COMPILE_CACHE'] ??= folder
await import('./cli.ts')
