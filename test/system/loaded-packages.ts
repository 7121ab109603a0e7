/** Imported before Parley: on SIGUSR2, prints the packages whose code its main thread has loaded. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const packages = new Set<string>()

if (isMainThread) {
  registerHooks({
    load(url, context, nextLoad) {
      const found = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
      if (found) packages.add(found[1]!)
      // The bundle records the source file of each part.
      if (url.includes('/dist/server/')) {
        const code = readFileSync(fileURLToPath(url), 'utf8')
        for (const [, name] of code.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm))
          packages.add(name!)
      }
      return nextLoad(url, context)
    }
  })
  process.on('SIGUSR2', () => console.log(`loaded: ${[...packages].join(' ')}.`))
}
