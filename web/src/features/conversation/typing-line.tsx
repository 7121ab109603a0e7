import type { User } from '@parley/contract/people'
import { typingText } from '../../lib/typing-texts.ts'
import { useSeldom } from '../../lib/seldom.ts'
import { useAwareness } from '../../state/hooks/awareness.ts'
import { namesOf } from '../../state/model/people.ts'
import { Unseen } from '../../ui/unseen.tsx'
import styles from './typing-line.module.css'

/** Who is typing in a conversation; renders alone when that changes. */
export function TypingHere({ id, people }: { id: string; people: ReadonlyMap<string, User> }) {
  const { typing } = useAwareness()
  return <TypingLine names={namesOf(typing.get(id) ?? [], people)} />
}

/** Who is writing, over the room that is left below the newest message: nothing moves when it comes and goes. */
export function TypingLine({ names }: { names: readonly string[] }) {
  const text = names.length > 0 ? typingText(names) : ''
  const announced = useSeldom(text)
  return (
    <>
      {text !== '' && (
        <p className={styles.typing} data-part="typing" aria-hidden="true">
          <span className={styles.inside}>
            <span className={styles.dots}>
              <span />
              <span />
              <span />
            </span>
            <span className={styles.who}>{text}</span>
          </span>
        </p>
      )}
      <Unseen role="status">{announced}</Unseen>
    </>
  )
}
