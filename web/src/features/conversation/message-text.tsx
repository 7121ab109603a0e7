import { piecesOf } from '../../lib/links.ts'
import { withMentions } from '../../lib/mentions.ts'

/**
 * The words of a message: text as it is, its web and mail addresses as links, and who is mentioned, of these names,
 * marked. `time` is what stands beside the end of the last line: it gets as much room as it needs there.
 */
export function MessageText({
  content,
  time,
  names
}: {
  content: string
  time: string
  names: readonly string[]
}) {
  return (
    <p className="message__text" data-time={time}>
      {withMentions(piecesOf(content), names).map(({ text, href, mention }, index) => {
        if (mention)
          return (
            // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
            <strong key={index} className="message__mention">
              {text}
            </strong>
          )
        if (href === null) return text
        return (
          // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
          <a key={index} href={href} target="_blank" rel="noopener noreferrer">
            {text}
          </a>
        )
      })}
    </p>
  )
}
