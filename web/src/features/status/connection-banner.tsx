import { useOnline } from '../../lib/online.ts'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { useConnectionLost } from '../../state/connection.ts'
import { useMessenger } from '../../state/context.tsx'
import './connection-banner.css'

/** Says so when the connection is lost, and that nothing is lost by that. */
export function ConnectionBanner() {
  const messenger = useMessenger()
  const online = useOnline()
  const lost = useConnectionLost()
  return (
    <div className="banner" role="status">
      {lost && (
        <div className="banner__inside">
          <span>{online ? texts.status.reconnecting : texts.status.offline}</span>
          {online && (
            <Button look="quiet" className="banner__now" onClick={() => messenger.reconnect()}>
              {texts.status.now}
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
