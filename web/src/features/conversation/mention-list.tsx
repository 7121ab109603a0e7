import { plural, t } from '@lingui/core/macro'
import { SuggestionList } from '../../ui/suggestion-list.tsx'
import type { Mentioning } from './mentioning.ts'
import { Unseen } from '../../ui/unseen.tsx'
import styles from './mention-list.module.css'

/** People whose names fit what was begun after an `@`. */
export function MentionList({ mentioning }: { mentioning: Mentioning }) {
  const { id, fitting, active, choose, setActive, dismiss } = mentioning
  return (
    <>
      <SuggestionList
        id={id}
        label={t`People to mention`}
        over
        className={styles.list}
        choices={fitting.map(({ username: name, avatarURL: url }) => ({ name, url }))}
        active={active}
        onActive={setActive}
        onChoose={(index) => choose(fitting[index]!)}
        onClose={dismiss}
      />
      <Unseen role="status">
        {fitting.length > 0 &&
          plural(
            { count: fitting.length },
            { one: '# member to mention', other: '# members to mention, choose with the arrow keys' }
          )}
      </Unseen>
    </>
  )
}
