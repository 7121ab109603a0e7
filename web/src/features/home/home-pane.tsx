import { useId } from 'react'
import { texts } from '../../lib/texts.ts'
import { Logo } from '../../ui/logo.tsx'
import { AccountMenu } from './account-menu.tsx'
import { ConversationList } from './conversation-list.tsx'
import { PeopleSearch } from './people-search.tsx'
import './home.css'

/** My conversations, and the way to a new one. Beside an open conversation it is the lesser heading. */
export function HomePane({ openId, onSignOut }: { openId: string | null; onSignOut: () => Promise<void> }) {
  const id = useId()
  const Heading = openId === null ? 'h1' : 'h2'
  return (
    <section className="home" aria-labelledby={id}>
      <header className="home__header">
        <Logo size={28} />
        <Heading id={id} className="home__title">
          {texts.home.conversations}
        </Heading>
        <AccountMenu onSignOut={onSignOut} />
      </header>
      <PeopleSearch />
      <ConversationList openId={openId} />
    </section>
  )
}
