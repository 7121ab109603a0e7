import { reportFault } from '@parley/client/failures'
import { useCallback, useEffect, useState } from 'react'
import { typedUsernameKey, usernameKey } from '@parley/contract/usernames'
import { plural } from '@lingui/core/macro'
import { failureText } from './problem-texts.ts'

/** Typing stops for this long before the server is asked, ms. */
const pauseMs = 120

/** Asks for names that start so. */
export type Suggest = (search: string, signal: AbortSignal) => Promise<string[]>

type Suggestions = {
  names: string[]
  /** False until there was an answer. */
  known: boolean
  /** Why there is no answer, as a sentence; it is asked for again when the network is back. */
  failure: string | null
  again: () => void
  /** Returns the name that was meant: an exact match, else the only match, else the typed text. */
  meant: () => Promise<string>
}

/** Names that start with what was typed. Give the same `suggest` each time. */
export function useSuggestions(search: string, suggest: Suggest): Suggestions {
  const [found, setFound] = useState<{ search: string; names: string[] }>({ search: '', names: [] })
  const [failed, setFailed] = useState<{ search: string; sentence: string } | null>(null)
  // An `@` alone begins no name.
  const wanted = typedUsernameKey(search) === '' ? '' : search.trim()
  const failure = failed?.search === wanted ? failed.sentence : null

  const ask = useCallback(
    async (search: string, signal: AbortSignal) => {
      try {
        setFound({ search, names: await suggest(search, signal) })
        setFailed(null)
      } catch (error) {
        if (!signal.aborted) setFailed({ search, sentence: failureText(error) })
      }
    },
    [suggest]
  )

  useEffect(() => {
    if (wanted === '') return undefined
    const typing = new AbortController()
    const timer = setTimeout(() => {
      ask(wanted, typing.signal).catch(reportFault)
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      typing.abort()
    }
  }, [ask, wanted])

  const again = useCallback(() => {
    ask(wanted, new AbortController().signal).catch(reportFault)
  }, [ask, wanted])
  const waiting = failure !== null
  useEffect(() => {
    if (!waiting) return undefined
    addEventListener('online', again)
    return () => removeEventListener('online', again)
  }, [waiting, again])

  // While the next answer is on its way, what still fits is shown.
  const fitting = found.names.filter((name) => usernameKey(name).startsWith(typedUsernameKey(wanted)))
  const answered = found.search === wanted
  const meant = async () => {
    // Without an answer the text goes to the server as it is, whose refusal says why.
    const names = answered ? fitting : await suggest(wanted, new AbortController().signal).catch(() => [])
    const written = names.find((name) => usernameKey(name) === typedUsernameKey(wanted))
    return written ?? (names.length === 1 ? names[0]! : wanted)
  }
  return {
    names: wanted === '' ? [] : fitting,
    known: answered || fitting.length > 0,
    failure,
    again,
    meant
  }
}

/** How many names were found, for screen readers. */
export function foundText(count: number): string {
  return plural(count, { one: '# person found', other: '# people found' })
}
