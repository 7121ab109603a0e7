import { useEffect, useState } from 'react'

/** Typing stops for this long before the server is asked, ms. */
const pauseMs = 120

/** Asks for names that start so. */
export type Suggest = (search: string, signal: AbortSignal) => Promise<string[]>

/** Names that start with what was typed; `known` is false until there was an answer. Give the same `suggest` each time. */
export function useSuggestions(search: string, suggest: Suggest): { names: string[]; known: boolean } {
  const [found, setFound] = useState<{ search: string; names: string[] }>({ search: '', names: [] })
  const wanted = search.trim()

  useEffect(() => {
    if (wanted === '') return undefined
    const typing = new AbortController()
    const timer = setTimeout(() => {
      suggest(wanted, typing.signal).then(
        (names) => setFound({ search: wanted, names }),
        // Without suggestions the name can still be typed in full.
        () => {}
      )
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      typing.abort()
    }
  }, [suggest, wanted])

  // While the next answer is on its way, what still fits is shown.
  const fitting = found.names.filter((name) => name.toLowerCase().startsWith(wanted.toLowerCase()))
  return { names: wanted === '' ? [] : fitting, known: found.search === wanted || fitting.length > 0 }
}
