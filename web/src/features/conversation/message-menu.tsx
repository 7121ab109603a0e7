import { isSameEmoji } from '@parley/contract/text/emoji'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { quickEmoji } from '../../lib/emoji.ts'
import { texts } from '../../lib/texts.ts'
import { Icon } from '../../ui/icon.tsx'
import { Menu, MenuItem, type Anchor } from '../../ui/menu.tsx'
import type { MessageAction } from './row-actions.ts'
import { classNames } from '../../lib/class-names.ts'
import styles from './message-menu.module.css'

export type MenuChoice = 'reply' | 'edit' | 'copy' | 'forward' | 'emoji' | 'reactions' | 'versions' | 'delete'

/** What I may do with a message: the quickest, an emoji, first. */
export function MessageMenu({
  message,
  me,
  anchor,
  actions,
  onReact,
  onChoose,
  onClose
}: {
  message: Message
  me: User
  anchor: Anchor
  actions: ReadonlySet<MessageAction>
  onReact: (emoji: string, there: boolean) => void
  onChoose: (choice: MenuChoice) => void
  onClose: () => void
}) {
  const isMine = (emoji: string) =>
    message.reactions?.find((each) => isSameEmoji(each.emoji, emoji))?.userIds.includes(me.id) === true
  return (
    <Menu label={texts.menu.label} anchor={anchor} onClose={onClose}>
      {actions.has('react') && (
        <div className={styles.quick} role="group">
          {quickEmoji.map((emoji) => (
            <button
              key={emoji}
              type="button"
              role="menuitemcheckbox"
              tabIndex={-1}
              aria-checked={isMine(emoji)}
              aria-label={texts.menu.react(emoji)}
              className={styles.emoji}
              onClick={() => onReact(emoji, !isMine(emoji))}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            aria-label={texts.menu.otherEmoji}
            className={classNames(styles.emoji, styles.other)}
            onClick={() => onChoose('emoji')}
          >
            <span title={texts.menu.otherEmoji} className={styles.icon}>
              <Icon name="smile" />
            </span>
          </button>
        </div>
      )}
      {actions.has('reply') && (
        <MenuItem icon="reply" onChoose={() => onChoose('reply')}>
          {texts.menu.reply}
        </MenuItem>
      )}
      {actions.has('edit') && (
        <MenuItem icon="edit" onChoose={() => onChoose('edit')}>
          {texts.menu.edit}
        </MenuItem>
      )}
      {actions.has('copy') && (
        <MenuItem icon="copy" onChoose={() => onChoose('copy')}>
          {texts.menu.copy}
        </MenuItem>
      )}
      {actions.has('forward') && (
        <MenuItem icon="forward" onChoose={() => onChoose('forward')}>
          {texts.menu.forward}
        </MenuItem>
      )}
      {message.reactions && (
        <MenuItem icon="people" onChoose={() => onChoose('reactions')}>
          {texts.menu.reactions}
        </MenuItem>
      )}
      {actions.has('versions') && (
        <MenuItem icon="past" onChoose={() => onChoose('versions')}>
          {texts.menu.versions}
        </MenuItem>
      )}
      {actions.has('delete') && (
        <MenuItem icon="bin" danger onChoose={() => onChoose('delete')}>
          {texts.menu.delete}
        </MenuItem>
      )}
    </Menu>
  )
}
