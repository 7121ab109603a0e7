import type { ComponentType, ReactNode } from 'react'
import { lazily } from '../lib/lazily.tsx'
import { texts } from '../lib/texts.ts'
import { Dialog } from './dialog.tsx'
import styles from './dialog.module.css'

/** A dialog whose code is loaded when it is first opened. While that takes long, a dialog of the same title says so. */
export function lazyDialog<Props extends { onClose: () => void }>(
  { title, look = 'box' }: { title: string; look?: 'box' | 'panel' },
  load: () => Promise<{ default: ComponentType<Props> }>
): (props: Props) => ReactNode {
  return lazily(load, ({ onClose }) => (
    <Dialog title={title} close={texts.dialog.close} look={look} onClose={onClose}>
      <div className={styles.body}>
        <p className={styles.detail} role="status">
          {texts.loadingPart}
        </p>
      </div>
    </Dialog>
  ))
}
