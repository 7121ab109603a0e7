import { defineConfig } from '@lingui/conf'
import { formatter } from '@lingui/format-po'

/** Where `lingui extract` finds messages, and the catalogs it keeps complete: docs/TRANSLATE.md. */
export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'de', 'ar'],
  catalogs: [{ path: '<rootDir>/src/locales/{locale}', include: ['<rootDir>/src'] }],
  // Line numbers would change catalogs with every edit.
  format: formatter({ lineNumbers: false })
})
