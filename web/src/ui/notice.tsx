import type { ReactNode } from 'react'
import styles from './notice.module.css'

/** A page or pane that has nothing else to show: what is the case, and what to do. */
export function Notice({
  title,
  detail,
  level = 1,
  picture,
  children
}: {
  title: string
  detail: string
  level?: 1 | 2
  picture?: ReactNode
  children?: ReactNode
}) {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div className={styles.notice}>
      {picture}
      <Heading className={styles.title}>{title}</Heading>
      <p className={styles.detail}>{detail}</p>
      {children}
    </div>
  )
}
