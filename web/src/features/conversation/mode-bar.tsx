import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { QuoteWords } from './quote.tsx'
import type { Mode } from './writing.ts'

/** Says that what I write is an answer, or another text for a message, and of which. */
export function ModeBar({ mode: { kind, message }, onLeave }: { mode: Mode; onLeave: () => void }) {
  const reply = kind === 'reply'
  const whom = message.mine ? texts.message.mine : message.sender.username
  return (
    <div className="composer__mode">
      <Icon name={reply ? 'reply' : 'edit'} />
      <div className="composer__about">
        <QuoteWords
          name={reply ? texts.conversation.replying(whom) : texts.conversation.editing}
          content={message.content}
        />
      </div>
      <Button
        look="icon"
        aria-label={reply ? texts.conversation.stopReplying : texts.conversation.stopEditing}
        onClick={onLeave}
      >
        <Icon name="close" />
      </Button>
    </div>
  )
}
