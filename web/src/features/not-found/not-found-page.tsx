import { Link } from 'wouter'
import { t } from '@lingui/core/macro'
import { buttonClass } from '../../ui/button.tsx'
import { Logo } from '../../ui/logo.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'

/** An address that the app does not know. */
export function NotFoundPage() {
  return (
    <Page>
      <Notice
        title={t`Page not found`}
        detail={t`The link may be outdated or mistyped.`}
        picture={<Logo size={56} />}
      >
        <Link className={buttonClass('primary')} href="/" replace>
          {t`Go to your conversations`}
        </Link>
      </Notice>
    </Page>
  )
}
