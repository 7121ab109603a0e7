import { t } from '@lingui/core/macro'
import { reportFault } from '@parley/client/failures'
import { useState, type RefObject } from 'react'
import { useStore } from 'zustand'
import { locales, shownLocale, type Locale } from '../lib/locale.ts'
import { switchLocale } from '../lib/locale-focus.ts'
import { Icon } from './icon.tsx'
import styles from './language-field.module.css'

/** Chooses the language of the app; each is called by its own name. */
export function LanguageField({ field }: { field?: RefObject<HTMLSelectElement | null> }) {
  const { locale } = useStore(shownLocale)
  const [failed, setFailed] = useState(false)

  async function choose(wanted: Locale) {
    setFailed(false)
    try {
      await switchLocale(wanted)
    } catch {
      setFailed(true)
    }
  }

  return (
    <div>
      <div className={styles.box}>
        <Icon name="language" />
        <select
          ref={field}
          className={styles.select}
          aria-label={t`Language`}
          value={locale}
          onChange={(event) => {
            choose(event.target.value as Locale).catch(reportFault)
          }}
        >
          {Object.entries(locales).map(([each, { name }]) => (
            <option key={each} value={each} lang={each}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {failed && (
        <p className={styles.failure} role="alert">
          {t`This language couldn’t be loaded. Check your connection, then try again.`}
        </p>
      )}
    </div>
  )
}
