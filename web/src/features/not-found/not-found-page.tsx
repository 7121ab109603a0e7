import { Link } from 'wouter'
import { texts } from '../../lib/texts.ts'
import { buttonClass } from '../../ui/button.tsx'
import { Logo } from '../../ui/logo.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'

/** An address that the app does not know. */
export function NotFoundPage() {
  const { title, detail, home } = texts.notFound
  return (
    <Page>
      <Notice title={title} detail={detail} picture={<Logo size={56} />}>
        <Link className={buttonClass('primary')} href="/" replace>
          {home}
        </Link>
      </Notice>
    </Page>
  )
}
