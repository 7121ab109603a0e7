import { reportFault } from '@parley/client/failures'
import type { OutboxItem } from '@parley/client'
import { t } from '@lingui/core/macro'
import { copyText } from '../../lib/clipboard.ts'
import { problemText } from '../../lib/problem-texts.ts'
import { useMessenger, useMessengerState } from '../../state/hooks/context.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { sentenceOf } from './failed-changes.tsx'
import { Note, useNote } from './note.tsx'
import failedStyles from './failed-changes.module.css'
import styles from './unsent-messages.module.css'

/** What the server refused in a conversation that is not mine any more: to be copied and discarded. */
export function UnsentMessages({ conversationId }: { conversationId: string }) {
  const outbox = useMessengerState(({ outbox }) => outbox)
  const { note, tell, fail } = useNote()
  const refused = outbox.filter((item) => item.conversationId === conversationId && item.problem !== null)
  if (refused.length === 0) return null

  function copy(content: string) {
    copyText(content).then(
      () => tell(t`Text copied.`),
      () => fail(t`Your browser doesn’t allow copying here. Select the text and copy it.`)
    )
  }
  return (
    <section className={styles.unsent} aria-label={t`Unsent messages and changes`}>
      <p className={styles.detail}>{t`These are stored in this browser only.`}</p>
      <ul className={failedStyles.list}>
        {refused.map((item) => (
          <UnsentMessage key={item.clientId} item={item} onCopy={copy} />
        ))}
      </ul>
      <Note note={note} />
    </section>
  )
}

function UnsentMessage({ item, onCopy }: { item: OutboxItem; onCopy: (content: string) => void }) {
  const { outbox } = useMessenger()
  const content = 'content' in item ? item.content : null
  return (
    <li className={failedStyles.change}>
      <Icon name="warning" />
      <div className={failedStyles.about}>
        <p>
          {item.kind === 'send' ? t`Not sent.` : sentenceOf(item)} {problemText(item.problem!)}
        </p>
        {content !== null && (
          // All of it can be selected, where the browser refuses to copy.
          <p className={styles.text} dir="auto">
            {content}
          </p>
        )}
      </div>
      <div className={failedStyles.choices}>
        {content !== null && (
          <Button look="quiet" onClick={() => onCopy(content)}>
            {t`Copy text`}
          </Button>
        )}
        <Button
          look="quiet"
          onClick={() => {
            outbox.discard(item.clientId).catch(reportFault)
          }}
        >
          {t`Discard`}
        </Button>
      </div>
    </li>
  )
}
