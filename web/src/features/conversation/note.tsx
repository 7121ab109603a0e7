import { useCallback, useEffect, useState } from 'react'
import { classNames } from '../../lib/class-names.ts'
import { failureText } from '../../lib/problem-texts.ts'
import styles from './note.module.css'

/** How long a note stays, ms. */
const noteMs = 8_000

type NoteContent = { text: string; failed: boolean } | null

/** Says for a while what has just been done, or why it could not be done. */
export function useNote() {
  const [note, setNote] = useState<NoteContent>(null)
  const tell = useCallback((text: string) => setNote({ text, failed: false }), [])
  /** Takes what was thrown, or a sentence. */
  const fail = useCallback(
    (error: unknown) =>
      setNote({ text: typeof error === 'string' ? error : failureText(error), failed: true }),
    []
  )
  useEffect(() => {
    if (note === null) return undefined
    const timer = setTimeout(() => setNote(null), noteMs)
    return () => clearTimeout(timer)
  }, [note])
  return { note, tell, fail }
}

export function Note({ note }: { note: NoteContent }) {
  return (
    <>
      <p className={classNames(styles.note, styles.failed)} role="alert">
        {note?.failed && note.text}
      </p>
      <p className={styles.note} role="status">
        {note?.failed === false && note.text}
      </p>
    </>
  )
}
