import { useState, type CSSProperties } from 'react'
import { colourOf } from '../lib/colours.ts'
import { classNames } from '../lib/class-names.ts'
import styles from './avatar.module.css'

const sizes = { tiny: styles.tiny, small: styles.small, medium: styles.medium, large: styles.large }

/** A person's picture, or the first letter of the name on a colour of its own. The name stands beside it. */
export function Avatar({
  name,
  url,
  size = 'medium',
  groupId = null,
  online = false
}: {
  name: string
  url: string | null
  size?: keyof typeof sizes
  /** A group's has corners, and keeps its colour when the group gets another name. */
  groupId?: string | null
  /** Whether they are here; what stands beside it says so, too. */
  online?: boolean
}) {
  const picture = <Picture name={name} url={url} size={size} groupId={groupId} />
  if (!online) return picture
  return (
    <span className={classNames(styles.frame, sizes[size])}>
      {picture}
      <span className={styles.online} aria-hidden="true" />
    </span>
  )
}

function Picture({
  name,
  url,
  size,
  groupId
}: {
  name: string
  url: string | null
  size: keyof typeof sizes
  groupId: string | null
}) {
  const [broken, setBroken] = useState<string | null>(null)
  const className = classNames(styles.avatar, sizes[size], groupId !== null && styles.group)
  if (url && broken !== url) {
    return (
      <img
        className={className}
        data-part="avatar"
        src={url}
        alt=""
        referrerPolicy="no-referrer"
        onError={() => setBroken(url)}
      />
    )
  }
  const [first] = new Intl.Segmenter().segment(name)
  return (
    <span
      className={className}
      style={{ '--hue': `var(--hue-${colourOf(groupId ?? name)})` } as CSSProperties}
      data-part="avatar"
      aria-hidden="true"
    >
      {(first?.segment ?? '?').toLocaleUpperCase()}
    </span>
  )
}
