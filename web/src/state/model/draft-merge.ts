import type { PersonalDraft } from '@parley/contract/personal-state'
import { emptyDraft, type Draft, type DraftPart } from './draft.ts'

/** Conflicting drafts that are kept beside one draft. */
const othersMax = 3

function isEmptyPart({ text, replyTo, editing }: DraftPart): boolean {
  return text === '' && replyTo === null && editing === null
}

export function isEmpty(draft: Draft): boolean {
  return isEmptyPart(draft) && draft.others.length === 0
}

/** Returns whether two drafts are the same to other devices. */
export function isSame(a: Draft, b: Draft): boolean {
  return JSON.stringify(toWire(a)) === JSON.stringify(toWire(b))
}

/** Returns whether two drafts put the same into the field. */
export function isSamePart(a: DraftPart, b: DraftPart): boolean {
  return textOfPart(a) === textOfPart(b)
}

/**
 * Returns the draft after a change made elsewhere. `base` is what `mine` was derived from, and `theirs` what it became elsewhere.
 * Where both changed, mine stays and theirs is kept beside it.
 */
export function merge(mine: Draft, base: Draft, theirs: Draft): Draft {
  if (isSame(theirs, mine) || isSame(theirs, base)) return mine
  // What was sent or cleared here has nothing left to lose.
  if (isSame(mine, base) || isEmpty(mine)) return theirs
  const gone = new Set([mine, base].map(textOfPart))
  const others: DraftPart[] = []
  for (const part of [partOf(theirs), ...mine.others, ...theirs.others]) {
    if (isEmptyPart(part) || gone.has(textOfPart(part))) continue
    gone.add(textOfPart(part))
    others.push(part)
  }
  return { ...mine, others: others.slice(0, othersMax) }
}

/** Returns the draft with its first conflicting draft in the field. What was there takes its place. */
export function withOtherUsed(draft: Draft): Draft {
  const [other, ...others] = draft.others
  if (!other) return draft
  const mine = partOf(draft)
  return { ...other, others: isEmptyPart(mine) ? others : [mine, ...others] }
}

export function withoutOther(draft: Draft): Draft {
  return { ...draft, others: draft.others.slice(1) }
}

/** Returns a draft as the server keeps it; null for an empty one. */
export function toWire(draft: Draft): PersonalDraft | null {
  const wire = partToWire(draft)
  const others = draft.others.map(partToWire).filter((part) => part !== null)
  if (!wire && others.length === 0) return null
  return { ...(wire ?? { text: '' }), ...(others.length > 0 && { others }) }
}

/** Returns the draft that the server keeps. Fields of a newer version are left out. */
export function fromWire(value: unknown): Draft {
  if (typeof value !== 'object' || value === null) return emptyDraft
  const { others = [], ...part } = value as PersonalDraft
  const parts = Array.isArray(others) ? others : []
  return { ...partFromWire(part), others: parts.map(partFromWire) }
}

function partOf({ text, replyTo, editing }: DraftPart): DraftPart {
  return { text, replyTo, editing }
}

/** An edit of a message that is in this browser's outbox means nothing elsewhere. */
function partToWire({ text, replyTo, editing }: DraftPart): Omit<PersonalDraft, 'others'> | null {
  const shared = editing && /^[1-9][0-9]{0,15}$/.test(editing.messageId) ? editing : null
  if (text === '' && !replyTo && !shared) return null
  return { text, ...(replyTo && { replyTo }), ...(shared && { editing: shared }) }
}

function partFromWire({ text, replyTo, editing }: Partial<PersonalDraft>): DraftPart {
  return { text: typeof text === 'string' ? text : '', replyTo: replyTo ?? null, editing: editing ?? null }
}

function textOfPart(part: DraftPart): string {
  return JSON.stringify(partToWire(part))
}
