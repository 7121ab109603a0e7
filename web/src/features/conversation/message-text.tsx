import { piecesOf } from '../../lib/links.ts'

/**
 * The words of a message: text as it is, its web and mail addresses as links. `time` is what stands beside the end of
 * the last line: it gets as much room as it needs there.
 */
export function MessageText({ content, time }: { content: string; time: string }) {
  return (
    <p className="message__text" data-time={time}>
      {piecesOf(content).map(({ text, href }, index) =>
        href === null ? (
          text
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
          <a key={index} href={href} target="_blank" rel="noopener noreferrer">
            {text}
          </a>
        )
      )}
    </p>
  )
}
