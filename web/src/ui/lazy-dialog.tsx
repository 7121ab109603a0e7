import type { ComponentType, ReactNode } from 'react'
import { t } from '@lingui/core/macro'
import { lazily } from '../lib/lazily.tsx'
import { Dialog } from './dialog.tsx'
import styles from './dialog.module.css'

/** A dialog whose code is loaded when it is first opened. While that takes long, a dialog of the same title says so. */
export function lazyDialog<Props extends { onClose: () => void }>(
  titleOf: () => string,
  load: () => Promise<{ default: ComponentType<Props> }>,
  look: 'box' | 'panel' = 'box'
): (props: Props) => ReactNode {
  return lazily(load, ({ onClose }) => (
    <Dialog title={titleOf()} close={t`Close`} look={look} onClose={onClose}>
      <div className={styles.body}>
        <p className={styles.detail} role="status">
          {t`Loading…`}
        </p>
      </div>
    </Dialog>
  ))
}
