import { texts } from '../../lib/texts.ts'

/** Where messages will be. */
export function HistorySkeleton() {
  return (
    <div className="messages messages--loading" role="status" aria-label={texts.loading}>
      {['44%', '28%', '52%', '36%', '24%'].map((width, index) => (
        <span
          key={width}
          className={`messages__shape skeleton ${index % 3 === 1 ? 'messages__shape--mine' : ''}`}
          style={{ width }}
          aria-hidden="true"
        />
      ))}
    </div>
  )
}
