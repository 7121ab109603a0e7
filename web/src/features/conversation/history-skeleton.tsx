import { texts } from '../../lib/texts.ts'
import { useMessengerState } from '../../state/hooks/context.tsx'

/** Where messages will be; without a connection, that they are not on this device. */
export function HistorySkeleton() {
  const away = useMessengerState(({ stream }) => stream === 'waiting')
  return (
    <div className="messages messages--loading" role="status" aria-label={away ? undefined : texts.loading}>
      {away && <p className="messages__away">{texts.conversation.notHere}</p>}
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
