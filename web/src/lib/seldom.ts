import { useEffect, useRef, useState } from 'react'

/** Minimum time between two announcements, in ms. */
const restMs = 20_000

/** What is read out of a text that comes and goes and changes: how it began, and that not again soon. */
export function useSeldom(text: string): string {
  const [announced, setAnnounced] = useState('')
  const announcedAt = useRef(-Infinity)
  const there = text !== ''
  if (!there && announced !== '') setAnnounced('')
  useEffect(() => {
    if (!there || performance.now() - announcedAt.current < restMs) return
    announcedAt.current = performance.now()
    setAnnounced(text)
    // oxlint-disable-next-line react/exhaustive-deps -- later values are not announced
  }, [there])
  return announced
}
