import type { ReactNode } from 'react'
import './notice.css'

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
    <div className="notice">
      {picture}
      <Heading className="notice__title">{title}</Heading>
      <p className="notice__detail">{detail}</p>
      {children}
    </div>
  )
}
