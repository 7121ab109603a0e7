import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { goHome } from '../../lib/overlays.ts'

/** Leads back to the list as the browser's Back does, so that the conversation is not left below it in the history. */
export function BackLink(props: { className: string; 'aria-label'?: string; children: ReactNode }) {
  const [, navigate] = useLocation()
  return (
    <Link
      href="/"
      {...props}
      onClick={(event) => {
        event.preventDefault()
        goHome(navigate)
      }}
    />
  )
}
