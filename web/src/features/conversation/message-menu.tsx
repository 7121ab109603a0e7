import { isSameEmoji } from '@parley/contract/text/emoji'
import type { Message } from '@parley/contract/messages'
import type { User } from '@parley/contract/people'
import { t } from '@lingui/core/macro'
import { quickEmoji } from '../../lib/emoji.ts'
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
    <Menu label={t`Message actions`} anchor={anchor} onClose={onClose}>
      {actions.has('react') && (
        <div className={styles.quick} role="group">
          {quickEmoji.map((emoji) => (
            <button
              key={emoji}
              type="button"
              role="menuitemcheckbox"
              tabIndex={-1}
              aria-checked={isMine(emoji)}
              aria-label={t`React with ${emoji}`}
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
            aria-label={t`More emoji…`}
            className={classNames(styles.emoji, styles.other)}
            onClick={() => onChoose('emoji')}
          >
            <span title={t`More emoji…`} className={styles.icon}>
              <Icon name="smile" />
            </span>
          </button>
        </div>
      )}
      {actions.has('reply') && (
        <MenuItem icon="reply" onChoose={() => onChoose('reply')}>
          {t`Reply`}
        </MenuItem>
      )}
      {actions.has('edit') && (
        <MenuItem icon="edit" onChoose={() => onChoose('edit')}>
          {t`Edit`}
        </MenuItem>
      )}
      {actions.has('copy') && (
        <MenuItem icon="copy" onChoose={() => onChoose('copy')}>
          {t`Copy text`}
        </MenuItem>
      )}
      {actions.has('forward') && (
        <MenuItem icon="forward" onChoose={() => onChoose('forward')}>
          {t`Forward…`}
        </MenuItem>
      )}
      {message.reactions && (
        <MenuItem icon="people" onChoose={() => onChoose('reactions')}>
          {t`Reactions`}
        </MenuItem>
      )}
      {actions.has('versions') && (
        <MenuItem icon="past" onChoose={() => onChoose('versions')}>
          {t`Edit history`}
        </MenuItem>
      )}
      {actions.has('delete') && (
        <MenuItem icon="bin" danger onChoose={() => onChoose('delete')}>
          {t`Delete…`}
        </MenuItem>
      )}
    </Menu>
  )
}
