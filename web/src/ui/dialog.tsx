import { useId, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { useOverlay } from './overlay.ts'
import { classNames } from '../lib/class-names.ts'
import styles from './dialog.module.css'

const looks = { box: styles.box, panel: styles.panel }

/** A modal dialog, open for as long as it is in the page. `panel` stands at the side, on a phone over everything. */
export function Dialog({
  title,
  close,
  look = 'box',
  keepOnClickBeside = false,
  onClose,
  children
}: {
  title: string
  /** Label of the button that closes it. */
  close: string
  look?: keyof typeof looks
  /** Set while closing would lose what was typed: Escape, Back and the buttons still close it. */
  keepOnClickBeside?: boolean
  onClose: () => void
  children: ReactNode
}) {
  const id = useId()
  const { dialog, handlers } = useOverlay(onClose, { keepOnClickBeside })
  return (
    <dialog
      ref={dialog}
      className={classNames(styles.dialog, looks[look])}
      aria-labelledby={id}
      {...handlers}
    >
      <div className={styles.inside}>
        <header className={styles.header}>
          <h2 id={id} className={styles.title} dir="auto">
            {title}
          </h2>
          <Button look="icon" aria-label={close} onClick={onClose}>
            <Icon name="close" />
          </Button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
