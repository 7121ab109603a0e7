import { t } from '@lingui/core/macro'
import { isolate } from '../../lib/bidi.ts'
import { Notice } from '../../ui/notice.tsx'
import { BackLink } from './back-link.tsx'
import { UnsentMessages } from './unsent-messages.tsx'
import { buttonClass } from '../../ui/button.tsx'

/** Instead of a conversation that is not mine; `title` is its name, where it was a moment ago. */
export function Missing({ id, title }: { id: string; title: string | null }) {
  return (
    <Notice
      title={
        title === null
          ? t`Conversation not found`
          : t`You’re no longer a member of ${{ title: isolate(title) }}`
      }
      detail={
        title === null
          ? t`It doesn’t exist, or you aren’t a member.`
          : t`You left or were removed. You can’t see its messages any more.`
      }
    >
      <UnsentMessages conversationId={id} />
      <BackLink className={buttonClass('primary')}>{t`Back to your conversations`}</BackLink>
    </Notice>
  )
}
