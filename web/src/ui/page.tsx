import type { ComponentProps } from 'react'
import styles from './page.module.css'

/** The main part of a page without panes. */
export function Page(props: ComponentProps<'main'>) {
  return <main {...props} className={styles.page} />
}
