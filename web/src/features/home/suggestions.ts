import { useEffect, useState } from 'react'
import { useMessenger } from '../../state/context.tsx'

/** Typing stops for this long before the server is asked, ms. */
const pauseMs = 120

/** Usernames that start with what was typed; `known` is false until the server has answered. */
export function useSuggestions(search: string): { names: string[]; known: boolean } {
  const messenger = useMessenger()
  const [found, setFound] = useState<{ search: string; names: string[] }>({ search: '', names: [] })
  const wanted = search.trim()

  useEffect(() => {
    if (wanted === '') return undefined
    const typing = new AbortController()
    const timer = setTimeout(() => {
      messenger.suggestUsernames(wanted, typing.signal).then(
        (names) => setFound({ search: wanted, names }),
        // Without suggestions the name can still be typed in full.
        () => {}
      )
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      typing.abort()
    }
  }, [messenger, wanted])

  // While the next answer is on its way, what still fits is shown.
  const fitting = found.names.filter((name) => name.toLowerCase().startsWith(wanted.toLowerCase()))
  return { names: wanted === '' ? [] : fitting, known: found.search === wanted || fitting.length > 0 }
}
