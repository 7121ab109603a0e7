import type { ComponentProps } from 'react'
import styles from './unseen.module.css'

/** Text for those who listen, not for those who look. */
export function Unseen(props: ComponentProps<'span'>) {
  return <span {...props} className={styles.unseen} />
}
