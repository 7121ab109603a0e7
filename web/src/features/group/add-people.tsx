import { reportFault } from '@parley/client/failures'
import { useState, type FormEvent } from 'react'
import type { Participant } from '@parley/contract/participants'
import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { FormEnd } from '../../ui/form-end.tsx'
import { NamePicker } from '../../ui/name-picker.tsx'
import { useDismissal } from '../../ui/overlay.ts'
import { useMessenger } from '../../state/hooks/context.tsx'
import styles from './group-form.module.css'

/** Adds people to a group. Those that cannot be added stay where they are, with the reason. */
export function AddPeople({
  id,
  people,
  onClose
}: {
  id: string
  /** Who is in it already. */
  people: readonly Participant[]
  onClose: () => void
}) {
  const messenger = useMessenger()
  const [names, setNames] = useState<string[]>([])
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  useDismissal(onClose)

  async function add(event: FormEvent) {
    event.preventDefault()
    if (names.length === 0) return setFailure(t`Add at least one person.`)
    setBusy(true)
    setFailure(null)
    for (const name of names) {
      try {
        await messenger.groups.add(id, name)
        setNames((left) => left.filter((each) => each !== name))
      } catch (error) {
        setFailure(`${isolate(name)}: ${failureText(error)}`)
        setBusy(false)
        return undefined
      }
    }
    return onClose()
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        add(event).catch(reportFault)
      }}
    >
      <NamePicker
        autoFocus
        label={t`Add members`}
        placeholder={t`Add people by username`}
        names={names}
        onNames={setNames}
        suggest={messenger.suggestUsernames}
        without={people.map(({ user }) => user.username)}
      />
      <FormEnd failure={failure} submit={busy ? t`Adding…` : t`Add`} busy={busy} onCancel={onClose} />
    </form>
  )
}
