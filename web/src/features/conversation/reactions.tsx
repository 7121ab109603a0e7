import type { Reaction } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { formatList, formatNumber } from '../../lib/formats.ts'
import { namesOf } from '../../state/model/people.ts'
import styles from './reactions.module.css'

type ReactionsProps = {
  reactions: readonly Reaction[]
  me: User
  people: ReadonlyMap<string, User>
  onReact: (emoji: string, there: boolean) => void
}

/** The reactions of a message; a click adds or removes the user's own. */
export function Reactions({ reactions, me, people, onReact }: ReactionsProps) {
  return (
    <div className={styles.reactions}>
      {reactions.map(({ emoji, userIds }) => {
        const mine = userIds.includes(me.id)
        const label = reactionText(emoji, namesOf(userIds, people, me))
        return (
          <button
            key={emoji}
            type="button"
            className={styles.reaction}
            data-part="reaction"
            aria-pressed={mine}
            aria-label={label}
            onClick={() => onReact(emoji, !mine)}
          >
            {/* A title on the button itself would be read out after its name. */}
            <span className={styles.chip} title={label} aria-hidden="true">
              {emoji} <span className={styles.count}>{formatNumber(userIds.length)}</span>
            </span>
          </button>
        )
      })}
    </div>
  )
}

/** An emoji and who reacted with it. */
function reactionText(emoji: string, names: readonly string[]): string {
  const count = formatNumber(names.length)
  const people = formatList(names.map(isolate))
  return t({
    message: `${emoji} ${count}: ${people}`,
    comment: 'An emoji, how many reacted with it, and who'
  })
}
