import type { ComponentProps } from 'react'
import { classNames } from '../lib/class-names.ts'
import styles from './button.module.css'

const looks = {
  primary: styles.primary,
  danger: styles.danger,
  plain: styles.plain,
  quiet: styles.quiet,
  icon: styles.icon
}

type Look = keyof typeof looks

/** The classes of a button; for links that look like one. */
export function buttonClass(look: Look, className?: string): string {
  return classNames(styles.button, looks[look], className)
}

/** A button as they all look here. An icon button needs an `aria-label`. */
export function Button({ look = 'primary', className, ...rest }: { look?: Look } & ComponentProps<'button'>) {
  return <button type="button" {...rest} className={buttonClass(look, className)} />
}
