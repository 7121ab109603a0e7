import { useEffect, useState } from 'react'
import { useOnline } from '../../lib/online.ts'
import { useMessengerState } from './context.tsx'

/** A connection loss shorter than this is not shown, in ms. */
const patienceMs = 2_000

/** Whether this tab hears the server no more, for a while already: what passes is not known then. */
export function useConnectionLost(): boolean {
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
  return !online || (!live && late)
}
