import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { isolate } from '../../lib/bidi.ts'
import type { Draft } from '../../state/model/draft.ts'
import { QuoteWords } from './quote.tsx'
import styles from './mode-bar.module.css'

type ModeBarProps = {
  draft: Draft
  me: User
  /** Whether a message was deleted. */
  isDeleted: (messageId: string) => boolean
  onLeave: () => void
}

/** Says that the text is a reply, or another text for a message, and of which. */
export function ModeBar({ draft: { replyTo, editing }, me, isDeleted, onLeave }: ModeBarProps) {
  if (!replyTo && !editing) return null
  const gone = !editing && replyTo !== null && isDeleted(replyTo.id)
  return (
    <div className={styles.mode} data-part="mode">
      <Icon name={editing ? 'edit' : 'reply'} />
      {/* A region that was there before is announced when its text changes: the quoted message was deleted. */}
      <div className={styles.about} role="status">
        {editing ? (
          <QuoteWords name={t`Edit message`} content={editing.original} />
        ) : (
          <QuoteWords
            name={replyText(replyTo!.sender, me)}
            content={
              gone
                ? t`The original message was deleted. Yours will be sent without the quote.`
                : replyTo!.content
            }
          />
        )}
      </div>
      <Button look="icon" aria-label={editing ? t`Cancel edit` : t`Cancel reply`} onClick={onLeave}>
        <Icon name="close" />
      </Button>
    </div>
  )
}

function replyText(sender: User, me: User): string {
  return sender.id === me.id ? t`Reply to yourself` : t`Reply to ${{ name: isolate(sender.username) }}`
}
