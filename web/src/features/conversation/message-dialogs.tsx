import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { copyText } from '../../lib/clipboard.ts'
import { isTouchOnly } from '../../lib/pointer.ts'
import type { Entry } from '../../state/model/state.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { lazyDialog } from '../../ui/lazy-dialog.tsx'
import type { Anchor } from '../../ui/menu.tsx'
import { MessageMenu, type MenuChoice } from './message-menu.tsx'
import { actionsOf, isSent } from './row-actions.ts'

const EmojiDialog = lazyDialog(
  () => t`React with an emoji`,
  () => import('./emoji-dialog.tsx')
)
const ForwardDialog = lazyDialog(
  () => t`Forward to…`,
  () => import('./forward-dialog.tsx')
)
const ReactionsDialog = lazyDialog(
  () => t`Reactions`,
  () => import('./reactions-dialog.tsx')
)
const VersionsDialog = lazyDialog(
  () => t`Edit history`,
  () => import('./versions-dialog.tsx')
)

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
        () => onTell(t`Text copied.`),
        () =>
          onFailure(
            isTouchOnly()
              ? t`Your browser doesn’t allow copying here. Allow it in the site’s settings, then try again.`
              : t`Your browser doesn’t allow copying here. Select the text and copy it.`
          )
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
          title={t`Delete this message?`}
          detail={deletionOf(message)}
          action={t`Delete`}
          cancel={t`Cancel`}
          close={t`Close`}
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
  if (!isSent(message)) return t`It hasn’t been sent yet.`
  return message.mine
    ? t`Everyone will see that a message was deleted, but not what it said.`
    : t`${{ name: isolate(message.sender.username) }} wrote this message. Everyone will see that a message was deleted, but not what it said.`
}
