import type { Message, Quote } from '@parley/contract/messages'
import { quoteMaxLength } from '@parley/contract/limits'

/** A message as a reply quotes it, shortened as the server does. */
export function quoteOf({ id, content, sender }: Message): Quote {
  const points = Array.from(content)
  const cut = points.length > quoteMaxLength
  return { id, sender, content: cut ? `${points.slice(0, quoteMaxLength - 1).join('')}…` : content }
}
