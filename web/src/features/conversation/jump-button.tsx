import { texts } from '../../lib/texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { classNames } from '../../lib/class-names.ts'
import styles from './jump-button.module.css'

/** The way back to the newest message, and how many have come meanwhile. */
export function JumpButton({ missed, onJump }: { missed: number; onJump: () => void }) {
  return (
    <Button
      look="plain"
      className={classNames(styles.jump, missed > 0 && styles.missed)}
      onClick={onJump}
      aria-label={missed > 0 ? undefined : texts.conversation.newest}
    >
      {missed > 0 && texts.conversation.newMessages(missed)}
      <Icon name="down" />
    </Button>
  )
}
