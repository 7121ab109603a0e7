import { Link } from 'wouter'
import { texts } from '../../lib/texts.ts'
import { Logo } from '../../ui/logo.tsx'
import { Notice } from '../../ui/notice.tsx'

/** An address that the app does not know. */
export function NotFoundPage() {
  const { title, detail, home } = texts.notFound
  return (
    <main className="page">
      <Notice title={title} detail={detail} picture={<Logo size={56} />}>
        <Link className="button button--primary" href="/" replace>
          {home}
        </Link>
      </Notice>
    </main>
  )
}
