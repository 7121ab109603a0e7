import { piecesOf } from '@parley/contract/text/text-pieces'
import { usernameKey } from '@parley/contract/usernames'
import styles from './message-text.module.css'

/**
 * The words of a message: text as it is, its web and mail addresses as links, and who is mentioned, of these names,
 * marked. `time` is what stands beside the end of the last line: it gets as much room as it needs there.
 */
export function MessageText({
  id,
  content,
  time,
  names
}: {
  id?: string | undefined
  content: string
  time: string
  names: readonly string[]
}) {
  return (
    // Its language is not known: it is not that of the interface. Its direction is that of the body around it.
    <p id={id} className={styles.text} data-part="text" lang="" data-time={time}>
      {piecesOf(content, new Set(names.map(usernameKey))).map((piece, index) => {
        if (piece.kind === 'text') return piece.text
        if (piece.kind === 'mention')
          return (
            // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
            <strong key={index} className={styles.mention}>
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
