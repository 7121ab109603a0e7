import type { User } from '@parley/contract/people'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
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
  const whom = replyTo && (replyTo.sender.id === me.id ? texts.message.mine : replyTo.sender.username)
  const gone = !editing && replyTo !== null && isDeleted(replyTo.id)
  return (
    <div className={styles.mode} data-part="mode">
      <Icon name={editing ? 'edit' : 'reply'} />
      {/* A region that was there before is announced when its text changes: the quoted message was deleted. */}
      <div className={styles.about} role="status">
        {editing ? (
          <QuoteWords name={texts.conversation.editing} content={editing.original} />
        ) : (
          <QuoteWords
            name={texts.conversation.replying(whom!)}
            content={gone ? texts.conversation.quoteGone : replyTo!.content}
          />
        )}
      </div>
      <Button
        look="icon"
        aria-label={editing ? texts.conversation.stopEditing : texts.conversation.stopReplying}
        onClick={onLeave}
      >
        <Icon name="close" />
      </Button>
    </div>
  )
}
