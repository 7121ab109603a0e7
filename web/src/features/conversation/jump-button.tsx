import { plural, t } from '@lingui/core/macro'
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
      aria-label={missed > 0 ? undefined : t`Go to the latest message`}
    >
      {missed > 0 && plural({ count: missed }, { one: '# new message', other: '# new messages' })}
      <Icon name="down" />
    </Button>
  )
}
