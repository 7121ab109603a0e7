import { reportFault } from '@parley/client/failures'
import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { useLocation } from 'wouter'
import { t } from '@lingui/core/macro'
import { fieldDir, isolate } from '../../lib/bidi.ts'
import { classNames } from '../../lib/class-names.ts'
import { typed } from '../../lib/keys.ts'
import { failureText } from '../../lib/problem-texts.ts'
import { foundText, useSuggestions } from '../../lib/suggestions.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { SuggestionList } from '../../ui/suggestion-list.tsx'
import { useMessenger } from '../../state/hooks/context.tsx'
import fieldStyles from '../../ui/field.module.css'
import { Unseen } from '../../ui/unseen.tsx'
import styles from './people-search.module.css'

/** A combobox that finds users by the start of their username and starts a conversation. */
export function PeopleSearch() {
  const id = useId()
  const messenger = useMessenger()
  const [, navigate] = useLocation()
  const field = useRef<HTMLInputElement>(null)
  const [search, setSearch] = useState('')
  const [active, setActive] = useState(-1)
  const [open, setOpen] = useState(false)
  const [starting, setStarting] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const {
    names,
    known,
    failure: unanswered,
    again,
    meant
  } = useSuggestions(search, messenger.suggestUsernames)
  const shown = open && search.trim() !== '' && known && failure === null
  // Names that are known already still fit.
  const failureShown = failure ?? (starting || names.length > 0 ? null : unanswered)

  function type(value: string) {
    setSearch(value)
    setActive(-1)
    setFailure(null)
    setOpen(true)
  }

  async function start(chosen?: string) {
    setStarting(true)
    setOpen(false)
    try {
      const username = chosen ?? (await meant())
      const conversationId = await messenger.startConversation(username)
      type('')
      field.current?.blur()
      navigate(`/conversations/${conversationId}`)
    } catch (error) {
      setFailure(failureText(error))
    } finally {
      setStarting(false)
    }
  }

  function press(event: KeyboardEvent) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      const step = event.key === 'ArrowDown' ? 1 : -1
      // One more place than there are names: back in the field.
      setActive((at) => ((at + 1 + step + names.length + 1) % (names.length + 1)) - 1)
    } else if (event.key === 'Escape') {
      if (shown) setOpen(false)
      else type('')
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (search.trim() !== '' && !starting) start(names[active]).catch(reportFault)
    }
  }

  return (
    <search className={styles.search}>
      <Icon name="search" />
      <input
        ref={field}
        className={classNames(fieldStyles.field, styles.field)}
        role="combobox"
        aria-label={t`Find people by username`}
        aria-expanded={shown && names.length > 0}
        aria-controls={`${id}-names`}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-names-${active}` : undefined}
        aria-invalid={failure !== null}
        placeholder={t`Start a conversation…`}
        dir={fieldDir(search)}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
        value={search}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => typed(event, press)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
      />
      <SuggestionList
        id={`${id}-names`}
        label={t`People`}
        over
        className={styles.names}
        choices={shown ? names.map((name) => ({ name })) : []}
        active={active}
        onActive={setActive}
        onChoose={(index) => {
          start(names[index]).catch(reportFault)
        }}
        onClose={() => setOpen(false)}
      />
      <p className={classNames(styles.status, failureShown && styles.failed)} role="status">
        {failureShown ?? statusOf()}
      </p>
      {failureShown !== null && failureShown === unanswered && (
        // The field keeps the focus.
        <Button look="quiet" onPointerDown={(event) => event.preventDefault()} onClick={again}>
          {t`Try again`}
        </Button>
      )}
    </search>
  )

  function statusOf() {
    if (starting) return t`Starting the conversation…`
    if (!shown) return null
    if (names.length === 0) return t`No one found for “${{ search: isolate(search.trim()) }}”`
    return <Unseen>{foundText(names.length)}</Unseen>
  }
}
