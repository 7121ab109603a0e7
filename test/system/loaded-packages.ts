/** Imported before Parley: at SIGUSR2 it prints the packages that its main thread has loaded. */
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const packages = new Set<string>()

if (isMainThread) {
  registerHooks({
    load(url, context, nextLoad) {
      const found = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
      if (found) packages.add(found[1]!)
      return nextLoad(url, context)
    }
  })
  process.on('SIGUSR2', () => console.log(`loaded: ${[...packages].join(' ')}.`))
}
