import type {
  CommitListener,
  CommittedEvent,
  EventLog,
  LoggedEvent
} from '../../../../server/platform/storage/event-log.ts'

/** The content of a user's nth event, so that a reader knows whose it is, and which. */
export const contentOf = (userId: number, seq: number) => `${userId}/${seq}`

/**
 * An in-memory event log. A read is requested, executed and answered at three moments that the test controls.
 */
export function modelLog(perform: (task: () => void) => void) {
  const logs = new Map<number, { events: LoggedEvent[]; floor: number }>()
  const listeners: CommitListener[] = []
  let failing = 0
  const counts = { looks: 0 }
  const logOf = (userId: number) => {
    const log = logs.get(userId) ?? { events: [], floor: 0 }
    logs.set(userId, log)
    return log
  }
  const headOf = (userId: number) => logOf(userId).events.length

  const read = <Result>(look: () => Result) =>
    new Promise<Result>((resolve, reject) => {
      perform(() => {
        const fails = failing > 0
        if (fails) failing--
        const result = look()
        perform(() => (fails ? reject(new Error('the database is away')) : resolve(result)))
      })
    })

  const log: EventLog = {
    epoch: 'e',
    bounds(userIds) {
      counts.looks += userIds.length
      return read(() => userIds.map((userId) => ({ head: headOf(userId), floor: logOf(userId).floor })))
    },
    eventsAfter: (places, limit) =>
      read(() =>
        places.map(({ userId, after }) =>
          logOf(userId).events.filter(
            ({ seq }) => seq > Math.max(after, logOf(userId).floor) && seq <= after + limit
          )
        )
      ),
    onCommitted: (listener) => void listeners.push(listener)
  }
  return {
    log,
    counts,
    headOf,
    floorOf: (userId: number) => logOf(userId).floor,
    /** Appends an event to the logs of these users; returns its report. */
    commit(userIds: number[]): CommittedEvent[] {
      return userIds.map((userId) => {
        const seq = headOf(userId) + 1
        const json = JSON.stringify({ content: contentOf(userId, seq) })
        const event = { name: 'message' as const, json }
        logOf(userId).events.push({ ...event, seq })
        return { ...event, to: [{ userId, seq }] }
      })
    },
    report(events: CommittedEvent[]): void {
      for (const listener of listeners) listener(events, performance.timeOrigin + performance.now())
    },
    prune(userId: number, keep: number): void {
      const log = logOf(userId)
      log.floor = Math.max(log.floor, log.events.length - keep)
    },
    failNextRead(): void {
      failing++
    }
  }
}
