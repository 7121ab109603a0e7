import { asWritten } from '../../lib/bidi.ts'
import { texts } from '../../lib/texts.ts'
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
        <p className={styles.title}>{texts.conversation.otherDraft}</p>
        <p className={styles.words} {...asWritten}>
          {textOf(other) || texts.conversation.otherDraftWithoutText}
        </p>
      </div>
      <div className={styles.actions}>
        <Button look="quiet" onClick={onUse}>
          {texts.conversation.takeDraft}
        </Button>
        <Button look="icon" aria-label={texts.conversation.discardDraft} onClick={onDiscard}>
          <Icon name="close" />
        </Button>
      </div>
    </div>
  )
}
