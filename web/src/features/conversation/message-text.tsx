import { piecesOf } from '@parley/contract/text-pieces'
import { usernameKey } from '@parley/contract/usernames'

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
      {piecesOf(content, new Set(names.map(usernameKey))).map((piece, index) => {
        if (piece.kind === 'text') return piece.text
        if (piece.kind === 'mention')
          return (
            // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
            <strong key={index} className="message__mention">
              {piece.text}
            </strong>
          )
        return (
          // Its own direction: a direction override before an address does not turn it.
          // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
          <a key={index} href={piece.href} dir="ltr" target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        )
      })}
    </p>
  )
}
