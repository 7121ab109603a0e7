import { classNames } from '../lib/class-names.ts'
import styles from './skeleton.module.css'

/** Where text will be; `className` and `width` give it the shape of something else. */
export function Skeleton({ width, className }: { width?: string; className?: string | undefined }) {
  return <span className={classNames(styles.skeleton, className)} style={{ width }} aria-hidden="true" />
}
