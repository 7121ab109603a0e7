import { useEffect, useState } from 'react'
import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { useMessenger, useMessengerState } from '../../state/context.tsx'
import './connection-banner.css'

/** A short loss of the connection is nobody's business, ms. */
const patienceMs = 2_000

/** Says so when the connection is lost, and that nothing is lost by that. */
export function ConnectionBanner() {
  const messenger = useMessenger()
  const online = useOnline()
  const live = useMessengerState(({ stream }) => stream === 'complete' || stream === 'catching_up')
  const [late, setLate] = useState(false)

  useEffect(() => {
    if (live) return undefined
    const timer = setTimeout(() => setLate(true), patienceMs)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [live])

  const lost = !online || (!live && late)
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

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const look = () => setOnline(navigator.onLine)
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  return online
}
