import { useOnline } from '../../lib/online.ts'
import { texts } from '../../lib/texts.ts'
import { useConnectionLost } from '../../state/hooks/connection.ts'
import { useMessenger } from '../../state/hooks/context.tsx'
import { Banner } from './banner.tsx'

/** Says so when the connection is lost, and that nothing is lost by that. */
export function ConnectionBanner() {
  const messenger = useMessenger()
  const online = useOnline()
  const lost = useConnectionLost()
  const { reconnecting, offline, now } = texts.status
  const text = online ? reconnecting : offline
  return (
    <Banner text={lost ? text : null} action={online ? now : null} onAction={() => messenger.reconnect()} />
  )
}
