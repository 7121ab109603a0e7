import { t } from '@lingui/core/macro'
import { useMessengerState } from '../../state/hooks/context.tsx'
import { Unseen } from '../../ui/unseen.tsx'

/** Reads out what arrives, to those who do not look. */
export function Announcer() {
  const arrived = useMessengerState((state) => (state.stream === 'complete' ? state.arrived : null))
  return (
    <Unseen role="log" aria-live="polite" aria-atomic="true">
      {arrived && (
        <span
          key={arrived.id}
        >{t`${{ name: arrived.sender.username }}: ${{ message: arrived.content }}`}</span>
      )}
    </Unseen>
  )
}
