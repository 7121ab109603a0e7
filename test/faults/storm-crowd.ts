import { startClientReader } from './storm-client.ts'
import type { Storm } from './storm-link.ts'
import type { Bookmark, PersonLog } from './storm-log.ts'
import { startReader, type StormReader } from './storm-reader.ts'
import { isInjecting, pauseWhileInjecting, randomOf } from './storm-record.ts'

/** One person's readers, and bookmarks at which departed devices would resume. */
export type Crowd = {
  readonly log: PersonLog
  readonly readers: StormReader[]
  readonly bookmarks: Bookmark[]
  start(from: Bookmark): void
}

const bookmarksMax = 10

export function gatherCrowd(storm: Storm, log: PersonLog, size: number): Crowd {
  let number = 0
  const crowd: Crowd = {
    readers: [],
    log,
    bookmarks: [log.bookmark()],
    start(from) {
      const name = `${log.person.name}'s reader ${++number}`
      const start = number % 3 === 0 ? startClientReader : startReader
      crowd.readers.push(start({ name, storm, log, from: { ...from, observed: from.observed.copy() } }))
    }
  }
  for (let i = 0; i < size; i++) crowd.start(crowd.bookmarks[0]!)
  return crowd
}

/**
 * Stops readers permanently and starts others at older cursors. The first reader stays, so one reader sees
 * everything.
 */
export async function replaceReaders({ record, seed }: Storm, crowd: Crowd): Promise<void> {
  const { readers, log, bookmarks } = crowd
  const random = randomOf(seed, `${log.person.name}'s crowd`)
  for (;;) {
    await pauseWhileInjecting(record, (200 + random() * 1_500) * (6 / readers.length))
    if (!isInjecting(record)) return
    bookmarks.push(log.bookmark())
    // The first bookmark, at the beginning, stays as well.
    if (bookmarks.length > bookmarksMax) bookmarks.splice(1 + Math.floor(random() * (bookmarksMax - 1)), 1)
    const [gone] = readers.splice(1 + Math.floor(random() * (readers.length - 1)), 1)
    await gone!.stop()
    const from = bookmarks[Math.floor(random() * bookmarks.length)]!
    record.inject('reader from an older cursor', `${log.person.name} after ${from.seq}`)
    crowd.start(from)
  }
}
