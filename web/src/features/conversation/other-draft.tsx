import { asWritten } from '../../lib/bidi.ts'
import { t } from '@lingui/core/macro'
import { textOf, type DraftPart } from '../../state/model/draft.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import styles from './other-draft.module.css'

type OtherDraftProps = { other: DraftPart | null; onUse: () => void; onDiscard: () => void }

/** Says that another device or tab has another draft of this conversation, and offers it. */
export function OtherDraft({ other, onUse, onDiscard }: OtherDraftProps) {
  if (!other) return null
  return (
    <div className={styles.other} data-part="other-draft">
      <Icon name="edit" />
      <div className={styles.about} role="status">
        <p className={styles.title}>{t`You also have a draft from another device`}</p>
        <p className={styles.words} {...asWritten}>
          {textOf(other) || t`A reply without text`}
        </p>
      </div>
      <div className={styles.actions}>
        <Button look="quiet" onClick={onUse}>
          {t`Use it`}
        </Button>
        <Button look="icon" aria-label={t`Discard the other draft`} onClick={onDiscard}>
          <Icon name="close" />
        </Button>
      </div>
    </div>
  )
}
