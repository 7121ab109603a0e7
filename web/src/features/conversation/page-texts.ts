import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { nameOf } from '../../state/model/entries.ts'
import type { Entry, History } from '../../state/model/state.ts'

/** What the parts of a conversation's page are called. */
export function labelsOf(entry: Entry | undefined): { page: string; messages: string } {
  const name = entry ? nameOf(entry) : ''
  return entry?.kind === 'group'
    ? { page: t`Group ${name}`, messages: t`Messages in ${name}` }
    : { page: t`Conversation with ${name}`, messages: t`Messages with ${name}` }
}

/** What stands above the first message that I may see. */
export function beginningOf(entry: Entry, { messages }: History): string {
  if ((messages[0]?.position ?? 1) > 1) return t`You can’t see messages sent before you joined.`
  const name = nameOf(entry)
  return entry.kind === 'group'
    ? t`This is the beginning of ${{ title: isolate(name) }}.`
    : t`This is the beginning of your conversation with ${{ name: isolate(name) }}.`
}
