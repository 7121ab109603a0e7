import { useEffect, useRef, useState } from 'react'

/** Whoever listens is told no oftener than this, ms. */
const restMs = 20_000

/** What is read out of a text that comes and goes and changes: how it began, and that not again soon. */
export function useSeldom(text: string): string {
  const [told, setTold] = useState('')
  const toldAt = useRef(-Infinity)
  const there = text !== ''
  if (!there && told !== '') setTold('')
  useEffect(() => {
    if (!there || performance.now() - toldAt.current < restMs) return
    toldAt.current = performance.now()
    setTold(text)
    // oxlint-disable-next-line react/exhaustive-deps -- what it becomes meanwhile is not told
  }, [there])
  return told
}
