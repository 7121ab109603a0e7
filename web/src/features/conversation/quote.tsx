import type { Quote } from '@parley/contract/entities'
import { asWritten } from '../../lib/bidi.ts'
import { texts } from '../../lib/texts.ts'
import './quote.css'

/** The message that another one answers, as it was then; a click leads to it. */
export function QuoteBlock({ quote, mine, onJump }: { quote: Quote; mine: boolean; onJump: () => void }) {
  const name = mine ? texts.message.mine : quote.sender.username
  return (
    <button type="button" className="quote" onClick={onJump} aria-label={texts.message.jump(name)}>
      <QuoteWords name={name} content={quote.content} />
    </button>
  )
}

/** Who said it, and the beginning of it. */
export function QuoteWords({ name, content }: { name: string; content: string }) {
  return (
    <>
      <span className="quote__name" {...asWritten}>
        {name}
      </span>
      <span className="quote__text" {...asWritten}>
        {content}
      </span>
    </>
  )
}
