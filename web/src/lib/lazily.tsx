import { reportFault } from '@parley/client/failures'
import { useEffect, useState, type ComponentType, type ReactNode } from 'react'
import { MissingPart, reloadForMissingPart } from './missing-part.ts'

/**
 * A component whose code is loaded when it is first shown. If the code is missing, it throws `MissingPart` to the
 * nearest boundary. Shown again, it tries to load the code again, unlike one of `React.lazy`.
 */
export function lazily<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>
): (props: Props) => ReactNode {
  let loaded: ComponentType<Props> | null = null
  return function Lazy(props: Props) {
    const [Part, setPart] = useState(() => loaded)
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
    }, [])
    if (failure) throw failure
    return Part && <Part {...props} />
  }
}
