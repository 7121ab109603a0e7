import { texts } from '../../lib/texts.ts'
import { Notice } from '../../ui/notice.tsx'
import { BackLink } from './back-link.tsx'
import { UnsentMessages } from './unsent-messages.tsx'
import { buttonClass } from '../../ui/button.tsx'

/** Instead of a conversation that is not mine; `title` is its name, where it was a moment ago. */
export function Missing({ id, title }: { id: string; title: string | null }) {
  const { missingTitle, missingDetail, goneTitle, goneDetail, home } = texts.conversation
  return (
    <Notice
      title={title === null ? missingTitle : goneTitle(title)}
      detail={title === null ? missingDetail : goneDetail}
    >
      <UnsentMessages conversationId={id} />
      <BackLink className={buttonClass('primary')}>{home}</BackLink>
    </Notice>
  )
}
