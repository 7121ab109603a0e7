import { useId } from 'react'
import type { Quote } from '@parley/contract/messages'
import { t } from '@lingui/core/macro'
import { asWritten, isolate } from '../../lib/bidi.ts'
import styles from './quote.module.css'

/** The message that another one answers, as it was then; a click leads to it. */
export function QuoteBlock({ quote, mine, onJump }: { quote: Quote; mine: boolean; onJump: () => void }) {
  const id = useId()
  const name = mine ? t`You` : quote.sender.username
  return (
    <button
      type="button"
      className={styles.quote}
      data-part="quote"
      onClick={onJump}
      aria-label={mine ? t`Go to your message` : t`Go to the message from ${{ name: isolate(name) }}`}
      aria-describedby={id}
    >
      <QuoteWords name={name} content={quote.content} textId={id} />
    </button>
  )
}

/** Who said it, and the beginning of it. */
export function QuoteWords({ name, content, textId }: { name: string; content: string; textId?: string }) {
  return (
    <>
      <span className={styles.name} {...asWritten}>
        {name}
      </span>
      <span id={textId} className={styles.text} data-part="quote-text" {...asWritten}>
        {content}
      </span>
    </>
  )
}
