import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { copyText } from '../../lib/clipboard.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import { texts } from '../../lib/texts.ts'
import type { Entry } from '../../state/model/state.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { lazyDialog } from '../../ui/lazy-dialog.tsx'
import type { Anchor } from '../../ui/menu.tsx'
import { MessageMenu, type MenuChoice } from './message-menu.tsx'
import { actionsOf, isSent } from './row-actions.ts'

const EmojiDialog = lazyDialog(texts.emoji, () => import('./emoji-dialog.tsx'))
const ForwardDialog = lazyDialog(texts.forward, () => import('./forward-dialog.tsx'))
const ReactionsDialog = lazyDialog(texts.reactions, () => import('./reactions-dialog.tsx'))
const VersionsDialog = lazyDialog(texts.versions, () => import('./versions-dialog.tsx'))

/** What is open about a message. */
export type OpenDialog =
  | { kind: 'menu'; message: Message; anchor: Anchor }
  | { kind: 'emoji' | 'forward' | 'reactions' | 'versions' | 'delete'; message: Message }

type MessageDialogsProps = {
  open: OpenDialog
  entry: Entry
  me: User
  people: ReadonlyMap<string, User>
  onOpen: (open: OpenDialog | null) => void
  onReact: (message: Message, emoji: string, there: boolean) => void
  /** Throws a sentence. */
  onDelete: (message: Message) => Promise<void>
  onReply: (message: Message) => void
  onEdit: (message: Message) => void
  /** Reports what was done. */
  onTell: (text: string) => void
  onFailure: (error: unknown) => void
}

/** The menu of a message, and what its choices open. */
export function MessageDialogs(props: MessageDialogsProps) {
  const { open, entry, me, people, onOpen, onReact, onDelete, onReply, onEdit, onTell, onFailure } = props
  const { message } = open
  const close = () => onOpen(null)

  function choose(choice: MenuChoice) {
    if (choice !== 'reply' && choice !== 'edit' && choice !== 'copy') return onOpen({ kind: choice, message })
    close()
    if (choice === 'reply') onReply(message)
    if (choice === 'edit') onEdit(message)
    if (choice === 'copy') {
      copyText(message.content).then(
        () => onTell(texts.message.copied),
        () => onFailure(isTouchOnly() ? texts.message.notCopiedByTouch : texts.message.notCopied)
      )
    }
  }

  switch (open.kind) {
    case 'menu':
      return (
        <MessageMenu
          message={message}
          me={me}
          anchor={open.anchor}
          actions={actionsOf(message, entry)}
          onReact={(emoji, there) => {
            close()
            onReact(message, emoji, there)
          }}
          onChoose={choose}
          onClose={close}
        />
      )
    case 'delete':
      return (
        <Confirm
          danger
          title={texts.delete.title}
          detail={deletionOf(message)}
          action={texts.delete.action}
          cancel={texts.dialog.cancel}
          close={texts.dialog.close}
          onConfirm={() => onDelete(message)}
          onClose={close}
        />
      )
    default:
      return (
        <>
          {open.kind === 'emoji' && (
            <EmojiDialog onReact={(emoji) => onReact(message, emoji, true)} onClose={close} />
          )}
          {open.kind === 'forward' && <ForwardDialog message={message} onClose={close} />}
          {open.kind === 'reactions' && (
            <ReactionsDialog message={message} me={me} people={people} onClose={close} />
          )}
          {open.kind === 'versions' && <VersionsDialog message={message} onClose={close} />}
        </>
      )
  }
}

/** The text that asks whether to delete a message. */
function deletionOf(message: Message): string {
  if (!isSent(message)) return texts.delete.detailPending
  return message.mine ? texts.delete.detail : texts.delete.detailOther(message.sender.username)
}
