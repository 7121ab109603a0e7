import { reportFault } from '@parley/client/failures'
import { useEffect, useState, type ComponentType, type ReactNode } from 'react'
import { MissingPart, reloadForMissingPart } from './missing-part.ts'

/** A part whose code takes longer than this to load shows that it does, ms. */
const patienceMs = 300

/**
 * A component whose code is loaded when it is first shown. If the code is missing, it throws `MissingPart` to the
 * nearest boundary. Shown again, it tries to load the code again, unlike one of `React.lazy`. `Waiting` stands in its place
 * where loading takes long.
 */
export function lazily<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  Waiting: ComponentType<Props>
): (props: Props) => ReactNode {
  let loaded: ComponentType<Props> | null = null
  return function Lazy(props: Props) {
    const [Part, setPart] = useState(() => loaded)
    const [slow, setSlow] = useState(false)
    const [failure, setFailure] = useState<MissingPart | null>(null)
    useEffect(() => {
      if (loaded) return setPart(() => loaded)
      const show = async () => {
        try {
          loaded = (await load()).default
          setPart(() => loaded)
        } catch (error) {
          await reloadForMissingPart()
          setFailure(new MissingPart(error))
        }
      }
      show().catch(reportFault)
      const timer = setTimeout(() => setSlow(true), patienceMs)
      return () => clearTimeout(timer)
    }, [])
    if (failure) throw failure
    if (Part) return <Part {...props} />
    return slow && <Waiting {...props} />
  }
}
