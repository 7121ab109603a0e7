import { reportFault } from '@parley/client/failures'
import { useId, useState, type FormEvent } from 'react'
import { useLocation } from 'wouter'
import { isBlank } from '@parley/contract/text/characters'
import { titleMaxLength } from '@parley/contract/limits'
import { countCodePoints } from '../../lib/code-points.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { texts } from '../../lib/texts.ts'
import { FormEnd } from '../../ui/form-end.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { NamePicker } from '../../ui/name-picker.tsx'
import { useMessenger } from '../../state/hooks/context.tsx'
import dialogStyles from '../../ui/dialog.module.css'
import fieldStyles from '../../ui/field.module.css'
import styles from './new-group-dialog.module.css'

type History = 'all' | 'joined'

/** Starts a group: who, its name, and what those see who come later. */
export default function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const id = useId()
  const messenger = useMessenger()
  const [, navigate] = useLocation()
  const [usernames, setUsernames] = useState<string[]>([])
  const [title, setTitle] = useState('')
  const [history, setHistory] = useState<History>('all')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function start(event: FormEvent) {
    event.preventDefault()
    const problem = problemWith(title.trim(), usernames)
    setFailure(problem)
    if (problem || busy) return
    setBusy(true)
    try {
      const conversationId = await messenger.groups.start({ title: title.trim(), usernames, history })
      onClose()
      navigate(`/conversations/${conversationId}`)
    } catch (error) {
      setFailure(failureText(error))
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={texts.newGroup.title}
      close={texts.dialog.close}
      keepOnClickBeside={title !== '' || usernames.length > 0}
      onClose={onClose}
    >
      <form
        className={dialogStyles.body}
        onSubmit={(event) => {
          start(event).catch(reportFault)
        }}
      >
        <div>
          <label className={styles.label} htmlFor={`${id}-title`}>
            {texts.group.titleLabel}
          </label>
          <input
            id={`${id}-title`}
            className={fieldStyles.field}
            data-focus
            dir="auto"
            autoComplete="off"
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </div>
        <div>
          <p className={styles.label} aria-hidden="true">
            {texts.newGroup.people}
          </p>
          <NamePicker
            label={texts.newGroup.people}
            placeholder={texts.newGroup.peopleHint}
            names={usernames}
            onNames={setUsernames}
            suggest={messenger.suggestUsernames}
            told={{ ...texts.home, ...texts.newGroup }}
          />
        </div>
        <fieldset className={styles.history}>
          <legend className={styles.label}>{texts.newGroup.history}</legend>
          {(['all', 'joined'] as const).map((each) => (
            <label key={each} className={styles.choice}>
              <input
                type="radio"
                name={`${id}-history`}
                checked={history === each}
                onChange={() => setHistory(each)}
              />
              {each === 'all' ? texts.newGroup.historyAll : texts.newGroup.historyJoined}
            </label>
          ))}
        </fieldset>
        <FormEnd
          failure={failure}
          submit={busy ? texts.newGroup.starting : texts.newGroup.start}
          busy={busy}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}

function problemWith(title: string, usernames: readonly string[]): string | null {
  if (isBlank(title)) return texts.group.titleMissing
  if (countCodePoints(title) > titleMaxLength) return texts.group.titleTooLong
  return usernames.length === 0 ? texts.newGroup.nobody : null
}
