import { reportFault } from '@parley/client/failures'
import { useState, type FormEvent } from 'react'
import { isBlank } from '@parley/contract/text/characters'
import { titleMaxLength } from '@parley/contract/limits'
import { t } from '@lingui/core/macro'
import { fieldDir } from '../../lib/bidi.ts'
import { countCodePoints } from '../../lib/code-points.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { FormEnd } from '../../ui/form-end.tsx'
import { useDismissal } from '../../ui/overlay.ts'
import fieldStyles from '../../ui/field.module.css'
import styles from './group-form.module.css'

/** Renames a group in place. */
export function RenameForm({
  title,
  onRename,
  onClose
}: {
  title: string
  onRename: (title: string) => Promise<void>
  onClose: () => void
}) {
  const [text, setText] = useState(title)
  const [failure, setFailure] = useState<string | null>(null)

  useDismissal(onClose)

  async function save(event: FormEvent) {
    event.preventDefault()
    const wanted = text.trim()
    if (isBlank(wanted)) return setFailure(t`Enter a group name.`)
    if (countCodePoints(wanted) > titleMaxLength) return setFailure(t`This name is too long.`)
    try {
      if (wanted !== title) await onRename(wanted)
      onClose()
    } catch (error) {
      setFailure(failureText(error))
    }
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        save(event).catch(reportFault)
      }}
    >
      <input
        className={fieldStyles.field}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of what was pressed
        autoFocus
        dir={fieldDir(text)}
        autoComplete="off"
        aria-label={t`Group name`}
        aria-invalid={failure !== null}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <FormEnd failure={failure} submit={t`Save`} onCancel={onClose} />
    </form>
  )
}
