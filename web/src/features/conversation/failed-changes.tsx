import { currentMessage } from '@parley/contract/problems'
import { reportFault } from '@parley/client/failures'
import type { ChangeItem } from '@parley/client'
import { t } from '@lingui/core/macro'
import { isFinal, problemText } from '../../lib/problem-texts.ts'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { focusComposer } from './composer-focus.ts'
import type { Writing } from './writing.ts'
import styles from './failed-changes.module.css'

/** Edits, deletions and reactions the server refused: in sight wherever their messages are, until they are dealt with. */
export function FailedChanges({ writing }: { writing: Writing }) {
  const outbox = useMessengerState(({ outbox }) => outbox)
  const failed = outbox.filter(
    (item): item is ChangeItem =>
      item.kind !== 'send' && item.problem !== null && item.conversationId === writing.conversationId
  )
  if (failed.length === 0) return null
  return (
    <ul className={styles.list} aria-label={t`Unsaved changes`}>
      {failed.map((item) => (
        <FailedChange key={item.clientId} item={item} writing={writing} />
      ))}
    </ul>
  )
}

function FailedChange({ item, writing }: { item: ChangeItem; writing: Writing }) {
  const { outbox } = useMessenger()
  const { clientId } = item
  const problem = item.problem!
  const discard = () => {
    outbox.discard(clientId).catch(reportFault)
  }

  /** Gives the text of an edit back to the composer. */
  function takeBack() {
    if (item.kind !== 'edit') return
    const { messageId, version, content } = item
    const current = currentMessage(problem)
    if (isGone) writing.giveBack({ text: content, replyTo: null })
    else writing.editAgain(messageId, current?.version ?? version, current?.content ?? '', content)
    discard()
    focusComposer()
  }

  const isGone = problem.code === 'message_deleted' || problem.code === 'message_not_found'
  const isConflict = problem.code === 'version_conflict'
  return (
    <li className={styles.change}>
      <Icon name="warning" />
      <div className={styles.about}>
        <p role="alert">
          {sentenceOf(item)} {problemText(problem)}
        </p>
        {item.kind === 'edit' && (
          <p className={styles.text} dir="auto">
            {item.content}
          </p>
        )}
      </div>
      <div className={styles.choices}>
        {!isFinal(problem) && (
          <Button
            look="quiet"
            onClick={() => {
              outbox.retry(clientId).catch(reportFault)
            }}
          >
            {isConflict ? t`Save anyway` : t`Try again`}
          </Button>
        )}
        {item.kind === 'edit' && (
          <Button look="quiet" onClick={takeBack}>
            {isGone ? t`Use as new message` : t`Edit`}
          </Button>
        )}
        <Button look="quiet" onClick={discard}>
          {item.kind === 'edit' ? t`Discard` : t`Dismiss`}
        </Button>
      </div>
    </li>
  )
}

/** What was not done. */
export function sentenceOf(item: ChangeItem): string {
  switch (item.kind) {
    case 'edit':
      return t`Your edit wasn’t saved.`
    case 'delete':
      return t`The message wasn’t deleted.`
    case 'react':
      return t`${{ emoji: item.emoji }} wasn’t added.`
    case 'unreact':
      return t`${{ emoji: item.emoji }} wasn’t removed.`
    default:
      return item satisfies never
  }
}
