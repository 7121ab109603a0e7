import { Link } from 'wouter'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import type { Outgoing } from '../../state/model/outgoing.ts'
import { OutgoingMark, Words } from './conversation-row.tsx'

/** Leads to what was refused in a conversation that is not in the list. */
export function UnlistedRow({ id, outgoing, open }: { id: string; outgoing: Outgoing; open: boolean }) {
  return (
    <Link href={`/conversations/${id}`} className="row" aria-current={open ? 'page' : undefined}>
      <Avatar name="?" url={null} groupId={id} />
      <span className="row__text">
        <span className="row__line">
          <span className="row__name">{texts.home.unavailable}</span>
        </span>
        <span className="row__line">
          <span className="row__last">
            <OutgoingMark outgoing={outgoing} />
            {outgoing.last && <Words by={texts.home.you}>{outgoing.last.content}</Words>}
          </span>
        </span>
      </span>
    </Link>
  )
}
