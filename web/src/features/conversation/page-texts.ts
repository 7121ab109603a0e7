import { texts } from '../../lib/texts.ts'
import { nameOf } from '../../state/model/entries.ts'
import type { Entry, History } from '../../state/model/state.ts'

/** What the parts of a conversation's page are called. */
export function labelsOf(entry: Entry | undefined): { page: string; messages: string } {
  const name = entry ? nameOf(entry) : ''
  return entry?.kind === 'group'
    ? { page: texts.conversation.groupTitle(name), messages: texts.conversation.groupMessages(name) }
    : { page: texts.conversation.title(name), messages: texts.conversation.messages(name) }
}

/** What stands above the first message that I may see. */
export function beginningOf(entry: Entry, { messages }: History): string {
  if ((messages[0]?.position ?? 1) > 1) return texts.conversation.sinceYouCame
  const name = nameOf(entry)
  return entry.kind === 'group' ? texts.conversation.groupBeginning(name) : texts.conversation.beginning(name)
}
