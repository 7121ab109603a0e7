import { useEffect, useRef } from 'react'
import { asWritten } from '../lib/bidi.ts'
import { Avatar } from './avatar.tsx'
import { useDismissal } from './overlay.ts'
import { classNames } from '../lib/class-names.ts'
import styles from './suggestion-list.module.css'

/**
 * Names to choose from: a listbox beside a field that keeps the focus and leads through it by keys. What is `active` has
 * the id `<id>-<its index>`, for the field's `aria-activedescendant`.
 */
export function SuggestionList({
  id,
  label,
  over = false,
  className,
  choices,
  active,
  onActive,
  onChoose,
  onClose
}: {
  id: string
  label: string
  /** Over what is there, and not between. */
  over?: boolean
  className?: string | undefined
  /** Hidden where there are none. */
  choices: readonly { name: string; url?: string | null }[]
  active: number
  onActive: (index: number) => void
  onChoose: (index: number) => void
  /** Back, which closes the list before what it lies in. */
  onClose: () => void
}) {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  const isOpen = choices.length > 0
  return (
    <ul
      ref={list}
      id={id}
      className={classNames(styles.list, over && styles.over, className)}
      role="listbox"
      aria-label={label}
      hidden={!isOpen}
      // The field keeps the focus, also beside the names: a blur would close the list under the finger.
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
    >
      {isOpen && <Dismissal onClose={onClose} />}
      {choices.map(({ name, url = null }, index) => (
        <li
          key={name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          className={styles.name}
          onPointerMove={() => onActive(index)}
          onClick={() => onChoose(index)}
        >
          <Avatar name={name} url={url} size="tiny" />
          <span {...asWritten}>{name}</span>
        </li>
      ))}
    </ul>
  )
}

/** For as long as it is in the page, Back closes the list. */
function Dismissal({ onClose }: { onClose: () => void }) {
  useDismissal(onClose)
  return null
}
