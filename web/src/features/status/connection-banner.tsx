import { t } from '@lingui/core/macro'
import { useOnline } from '../../lib/online.ts'
import { useConnectionLost } from '../../state/hooks/connection.ts'
import { useMessenger } from '../../state/hooks/context.tsx'
import { Banner } from './banner.tsx'

/** Says so when the connection is lost, and that nothing is lost by that. */
export function ConnectionBanner() {
  const messenger = useMessenger()
  const online = useOnline()
  const lost = useConnectionLost()
  const text = online
    ? t`Reconnecting… Messages will be sent when the server is back.`
    : t`You’re offline. Messages will be sent when you reconnect.`
  return (
    <Banner
      text={lost ? text : null}
      action={online ? t`Try now` : null}
      onAction={() => messenger.reconnect()}
    />
  )
}
