import type { User } from '@parley/contract/entities'
import { texts } from '../../lib/texts.ts'
import { Avatar } from '../../ui/avatar.tsx'
import type { Mentioning } from './mentioning.ts'
import './mention-list.css'

/** People whose names fit what was begun after an `@`: a listbox that the composer's keys drive. */
export function MentionList({ mentioning }: { mentioning: Mentioning }) {
  const { id, fitting, active, choose, setActive } = mentioning
  return (
    <>
      <ul
        id={id}
        className="mentions"
        role="listbox"
        aria-label={texts.conversation.mentions}
        hidden={fitting.length === 0}
      >
        {fitting.map((user: User, index) => (
          <li
            key={user.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className="mentions__one"
            // The composer keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(user)}
          >
            <Avatar name={user.username} url={user.avatarURL} size="tiny" />
            <span dir="auto">{user.username}</span>
          </li>
        ))}
      </ul>
      <span className="unseen" role="status">
        {fitting.length > 0 && texts.conversation.mentionsFound(fitting.length)}
      </span>
    </>
  )
}
