import { useState } from 'react'
import { colourOf } from '../lib/colours.ts'
import './avatar.css'

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
  size?: 'tiny' | 'small' | 'medium' | 'large'
  /** A group's has corners, and keeps its colour when the group gets another name. */
  groupId?: string | null
  /** Whether they are here; what stands beside it says so, too. */
  online?: boolean
}) {
  const picture = <Picture name={name} url={url} size={size} groupId={groupId} />
  if (!online) return picture
  return (
    <span className={`avatar-frame avatar--${size}`}>
      {picture}
      <span className="avatar-frame__online" aria-hidden="true" />
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
  size: string
  groupId: string | null
}) {
  const [broken, setBroken] = useState<string | null>(null)
  const className = `avatar avatar--${size} ${groupId === null ? '' : 'avatar--group'}`
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
      className={`${className} avatar--colour-${colourOf(groupId ?? name)}`}
      data-part="avatar"
      aria-hidden="true"
    >
      {(first?.segment ?? '?').toLocaleUpperCase()}
    </span>
  )
}
