import { classNames } from '../lib/class-names.ts'
import styles from './icon.module.css'

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-5.5 16-3-6.5L4 12zm7.5 1.5L20 4',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm9 2l-4-4',
  down: 'M12 5v14m-6-6l6 6 6-6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3 2',
  check: 'M5 12.5l4.5 4.5L19 7',
  warning:
    'M12 8v5m0 3.5v.1M10.3 3.9L2.4 17.6A2 2 0 0 0 4.1 20.6h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z',
  reply: 'M10 6L4 12l6 6m-6-6h9a7 7 0 0 1 7 7v1',
  forward: 'M14 6l6 6-6 6m6-6h-9a7 7 0 0 0-7 7v1',
  edit: 'M4 20l1-4.5L16 4.5a2.1 2.1 0 0 1 3 3L8.5 18.5 4 20z',
  copy: 'M9 9h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2V9zm6 0V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3',
  bin: 'M4 7h16m-10 4v6m4-6v6M6 7l1 11a2 2 0 0 0 2 2h6a2 2 0 0 0 2-2l1-11M9 7V5a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2',
  past: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4l3 2',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm-3.5-7a4.5 4.5 0 0 0 7 0M9 9.5v.1m6-.1v.1',
  more: 'M6 12a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0zm6.6 0a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0zm6.6 0a.6.6 0 1 1-1.2 0 .6.6 0 0 1 1.2 0z',
  close: 'M6 6l12 12M18 6L6 18',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6 8.5c0-3 2.5-5 6-5s6 2 6 5M16 4.4a3.5 3.5 0 0 1 0 6.2m2.5 4.4c1.6.8 2.5 2.3 2.5 4.5',
  newGroup: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6 8.5c0-3 2.5-5 6-5s6 2 6 5M19 8v6m-3-3h6',
  language:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c2.4 2.5 3.6 5.5 3.6 9s-1.2 6.5-3.6 9c-2.4-2.5-3.6-5.5-3.6-9s1.2-6.5 3.6-9z',
  signOut: 'M9 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h3m6-4l4-4-4-4m4 4H9'
}

export type IconName = keyof typeof paths

/** Those that point along the text: a right-to-left page mirrors them. */
const directed: ReadonlySet<IconName> = new Set(['back', 'send', 'reply', 'forward', 'signOut'])

/** A drawing beside a text, or within a button that has a name of its own. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      className={classNames(styles.icon, directed.has(name) && styles.directed)}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  )
}

/** GitHub's mark. */
export function GithubMark() {
  return (
    <svg width="20" height="20" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" focusable="false">
      <path d="M8 0C3.58 0 0 3.58 0 8c0 3.54 2.29 6.53 5.47 7.59.4.07.55-.17.55-.38 0-.19-.01-.82-.01-1.49-2.01.37-2.53-.49-2.69-.94-.09-.23-.48-.94-.82-1.13-.28-.15-.68-.52-.01-.53.63-.01 1.08.58 1.23.82.72 1.21 1.87.87 2.33.66.07-.52.28-.87.51-1.07-1.78-.2-3.64-.89-3.64-3.95 0-.87.31-1.59.82-2.15-.08-.2-.36-1.02.08-2.12 0 0 .67-.21 2.2.82.64-.18 1.32-.27 2-.27s1.36.09 2 .27c1.53-1.04 2.2-.82 2.2-.82.44 1.1.16 1.92.08 2.12.51.56.82 1.27.82 2.15 0 3.07-1.87 3.75-3.65 3.95.29.25.54.73.54 1.48 0 1.07-.01 1.93-.01 2.2 0 .21.15.46.55.38A8.01 8.01 0 0 0 16 8c0-4.42-3.58-8-8-8z" />
    </svg>
  )
}
