import { reportFault } from '@parley/client/failures'
import { useId, useState, type FormEvent } from 'react'
import { useLocation } from 'wouter'
import { isBlank } from '@parley/contract/text/characters'
import { titleMaxLength } from '@parley/contract/limits'
import { t } from '@lingui/core/macro'
import { fieldDir } from '../../lib/bidi.ts'
import { countCodePoints } from '../../lib/code-points.ts'
import { failureText } from '../../lib/problem-texts.ts'
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
      title={t`New group`}
      close={t`Close`}
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
            {t`Group name`}
          </label>
          <input
            id={`${id}-title`}
            className={fieldStyles.field}
            data-focus
            dir={fieldDir(title)}
            autoComplete="off"
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </div>
        <div>
          <p className={styles.label} aria-hidden="true">
            {t`People`}
          </p>
          <NamePicker
            label={t`People`}
            placeholder={t`Add people by username`}
            names={usernames}
            onNames={setUsernames}
            suggest={messenger.suggestUsernames}
          />
        </div>
        <fieldset className={styles.history}>
          <legend className={styles.label}>{t`New members can see`}</legend>
          {(['all', 'joined'] as const).map((each) => (
            <label key={each} className={styles.choice}>
              <input
                type="radio"
                name={`${id}-history`}
                checked={history === each}
                onChange={() => setHistory(each)}
              />
              {each === 'all' ? t`all messages` : t`only messages sent after they join`}
            </label>
          ))}
        </fieldset>
        <FormEnd
          failure={failure}
          submit={busy ? t`Starting…` : t`Start group`}
          busy={busy}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}

function problemWith(title: string, usernames: readonly string[]): string | null {
  if (isBlank(title)) return t`Enter a group name.`
  if (countCodePoints(title) > titleMaxLength) return t`This name is too long.`
  return usernames.length === 0 ? t`Add at least one person.` : null
}
