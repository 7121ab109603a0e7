import styles from './logo.module.css'

/** Two speech bubbles that share a corner. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg
      className={styles.logo}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
      focusable="false"
    >
      <path
        className={styles.back}
        d="M13 4h9a7 7 0 0 1 7 7v9.5a.8.8 0 0 1-1.3.6L25 19h-5a7 7 0 0 1-7-7V4z"
      />
      <path d="M19 28h-9a7 7 0 0 1-7-7v-9.5a.8.8 0 0 1 1.3-.6L7 13h5a7 7 0 0 1 7 7v8z" />
    </svg>
  )
}
