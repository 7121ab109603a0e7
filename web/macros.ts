import { transformAsync } from '@babel/core'
import macros from '@lingui/babel-plugin-lingui-macro'
import { getConfig } from '@lingui/conf'
import type { Plugin } from 'vite'

/**
 * Turns Lingui's macros (`t`, `plural`) into calls. Lingui's own transform is a native package that npm leaves out where the
 * machine's Node is older than Parley's; Babel runs everywhere.
 */
export function linguiMacros(): Plugin {
  const linguiConfig = getConfig({ cwd: import.meta.dirname })
  return {
    name: 'parley:lingui-macros',
    enforce: 'pre',
    transform: {
      filter: { id: /\.tsx?$/, code: '@lingui/core/macro' },
      async handler(code, id) {
        const descriptorFields = this.environment.config.isProduction ? 'id-only' : 'all'
        const result = await transformAsync(code, {
          filename: id,
          configFile: false,
          babelrc: false,
          sourceMaps: true,
          parserOpts: { plugins: ['typescript', 'jsx'] },
          plugins: [[macros, { descriptorFields, linguiConfig }]]
        })
        return { code: result!.code!, map: result!.map ?? null }
      }
    }
  }
}
