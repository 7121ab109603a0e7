import { useCallback, useEffect, useState } from 'react'
import { problemOf, problemText } from '../../lib/problem-texts.ts'

/** How long a failure is told, ms. */
const toldMs = 8_000

/** What did not work just now, as a sentence, for a while. */
export function useFailure() {
  const [failure, setFailure] = useState<string | null>(null)
  const fail = useCallback((error: unknown) => setFailure(problemText(problemOf(error))), [])
  useEffect(() => {
    if (failure === null) return undefined
    const timer = setTimeout(() => setFailure(null), toldMs)
    return () => clearTimeout(timer)
  }, [failure])
  return { failure, fail }
}
