import { texts } from '../../lib/texts.ts'
import { useMessengerState } from '../../state/hooks/context.tsx'
import { Unseen } from '../../ui/unseen.tsx'

/** Reads out what arrives, to those who do not look. */
export function Announcer() {
  const arrived = useMessengerState((state) => (state.stream === 'complete' ? state.arrived : null))
  return (
    <Unseen role="log" aria-live="polite" aria-atomic="true">
      {arrived && (
        <span key={arrived.id}>{texts.message.arrived(arrived.sender.username, arrived.content)}</span>
      )}
    </Unseen>
  )
}
