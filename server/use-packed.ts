/** Comes before everything else, in every thread: what is imported from here on is the packed library, where it was built. */
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { libraries, packedFile } from './packed.ts'

const packed = new Map<string, string>()
try {
  for (const [library, specifiers] of Object.entries(libraries)) {
    for (const specifier of specifiers) {
      const file = packedFile(library, specifier)
      if (existsSync(file)) packed.set(specifier, pathToFileURL(file).href)
    }
  }
} catch {
  // They are installed elsewhere, and loaded as they are.
}

registerHooks({
  resolve(specifier, context, next) {
    const url = packed.get(specifier)
    return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
  }
})
