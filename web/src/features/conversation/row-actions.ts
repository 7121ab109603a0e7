import type { OutboxItem } from '@parley/client'
import type { Message } from '@parley/contract/entities'
import type { Anchor } from '../../ui/menu.tsx'

/** What one does with a row. */
export type RowActions = {
  retry: (clientId: string) => void
  /** Takes a message that was refused back to the composer. */
  takeBack: (item: OutboxItem) => void
  discard: (clientId: string) => void
  /** Whether there is anything to be done with a message. */
  hasMenu: (message: Message) => boolean
  openMenu: (message: Message, anchor: Anchor) => void
  react: (message: Message, emoji: string, there: boolean) => void
  jumpTo: (messageId: string) => void
}
