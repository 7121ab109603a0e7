import { reportFault } from '@parley/client/failures'
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { t } from '@lingui/core/macro'
import { asWritten, fieldDir } from '../lib/bidi.ts'
import { typed } from '../lib/keys.ts'
import { foundText, useSuggestions, type Suggest } from '../lib/suggestions.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { SuggestionList } from './suggestion-list.tsx'
import { Unseen } from './unseen.tsx'
import styles from './name-picker.module.css'

type NamePickerProps = {
  label: string
  placeholder: string
  names: readonly string[]
  onNames: (names: string[]) => void
  suggest: Suggest
  /** Names that are not to be suggested. */
  without?: readonly string[]
  /** Takes the focus when it appears. */
  autoFocus?: boolean
}

/** Several names: each is found by its beginning and becomes a chip. A combobox; Backspace takes the last chip away. */
export function NamePicker(props: NamePickerProps) {
  const { label, placeholder, names, onNames, suggest, without = [], autoFocus = false } = props
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const latest = useRef(names)
  useEffect(() => {
    latest.current = names
  }, [names])
  const [search, setSearch] = useState('')
  const [active, setActive] = useState(0)
  const [status, setStatus] = useState('')
  const { names: suggested, failure, again, meant } = useSuggestions(search, suggest)
  const found = suggested.filter((name) => !names.includes(name) && !without.includes(name))
  const shown = found.length > 0

  function add(name: string) {
    if (name === '') return
    if (!names.includes(name)) onNames([...names, name])
    setSearch('')
    setActive(0)
    setStatus(t`${name} added`)
    field.current?.focus()
  }

  /** Puts the name that a text turned out to mean in its place. */
  function correct(text: string, name: string) {
    const now = latest.current
    if (name !== text && now.includes(text))
      onNames(Array.from(new Set(now.map((each) => (each === text ? name : each)))))
  }

  function remove(name: string) {
    onNames(names.filter((each) => each !== name))
    setStatus(t`${name} removed`)
    field.current?.focus()
  }

  function press(event: KeyboardEvent) {
    const last = names.at(-1)
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1
      if (shown) setActive((active + step + found.length) % found.length)
    } else if ((event.key === 'Enter' || event.key === ',') && search.trim() !== '') {
      const chosen = found[active]
      add(chosen ?? search.trim())
      if (chosen === undefined)
        meant()
          .then((name) => correct(search.trim(), name))
          .catch(reportFault)
    } else if (event.key === 'Escape' && search !== '') {
      setSearch('')
    } else if (event.key === 'Backspace' && search === '' && last !== undefined) {
      remove(last)
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div className={styles.picker}>
      <div className={styles.box}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            className={styles.chip}
            aria-label={t`Remove ${name}`}
            onClick={() => remove(name)}
          >
            <span className={styles.pill}>
              <span {...asWritten}>{name}</span>
              <Icon name="close" size={14} />
            </span>
          </button>
        ))}
        <input
          ref={field}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the user opened this to enter names
          autoFocus={autoFocus}
          className={styles.field}
          role="combobox"
          aria-label={label}
          aria-expanded={shown}
          aria-controls={`${id}-names`}
          aria-autocomplete="list"
          aria-activedescendant={shown ? `${id}-names-${active}` : undefined}
          placeholder={names.length === 0 ? placeholder : ''}
          dir={fieldDir(search)}
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="done"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value)
            setActive(0)
          }}
          onKeyDown={(event) => typed(event, press)}
        />
      </div>
      <SuggestionList
        id={`${id}-names`}
        label={label}
        className={styles.names}
        choices={found.map((name) => ({ name }))}
        active={active}
        onActive={setActive}
        onChoose={(index) => add(found[index]!)}
        onClose={() => setSearch('')}
      />
      {failure && (
        <div className={styles.failure} role="alert">
          {failure}
          <Button look="quiet" onPointerDown={(event) => event.preventDefault()} onClick={again}>
            {t`Try again`}
          </Button>
        </div>
      )}
      <Unseen role="status">{shown ? foundText(found.length) : status}</Unseen>
    </div>
  )
}
