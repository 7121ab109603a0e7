import type { ComponentProps } from 'react'
import './button.css'

type Look = 'primary' | 'danger' | 'plain' | 'quiet' | 'icon'

/** A button as they all look here. An icon button needs an `aria-label`. */
export function Button({
  look = 'primary',
  className = '',
  ...rest
}: { look?: Look } & ComponentProps<'button'>) {
  return <button type="button" {...rest} className={`button button--${look} ${className}`} />
}
