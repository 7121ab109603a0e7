import { reportFault } from '@parley/client/failures'
import {
  EventStream,
  OutboxSender,
  postItem,
  type Client,
  type OutboxItem,
  type OutboxStorage,
  type StreamState
} from '@parley/client'
import { NetworkError } from '@parley/client/failures'
import { reportTrouble } from '../../lib/trouble.ts'
import type { Cursor } from '@parley/contract/cursor'
import type { Message } from '@parley/contract/messages'
import type { LogEvent, Signal } from '@parley/contract/events'
import type { ResetReason } from '@parley/client'

export type LeaderOptions = {
  client: Client
  storage: OutboxStorage
  /** Where the stream resumes. */
  cursor: Cursor | null
  /** Whether the cookie of this browser is still this person's. */
  stillMe: () => boolean
  onEvent: (event: LogEvent, cursor: Cursor) => void
  onSignal: (signal: Signal) => void
  onReset: (reason: ResetReason) => Promise<Cursor>
  onState: (stream: StreamState) => void
  onSent: (item: OutboxItem, message: Message | null) => void
  onOutboxChanged: () => void
  onSignedOut: () => void
}

/** What one tab does for all: it holds the stream, and it sends what is in the outbox. */
export class Leader {
  readonly stream: EventStream
  readonly #sender: OutboxSender

  constructor(options: LeaderOptions) {
    const { client, storage, cursor, stillMe, onSignedOut } = options
    this.stream = new EventStream({
      open: (cursor, signal) => client.openEvents(cursor, signal),
      cursor,
      onEvent: options.onEvent,
      onSignal: options.onSignal,
      onReset: options.onReset,
      onError: reportTrouble,
      onState: (state) => {
        // One way has opened: the other need not wait.
        if (state === 'catching_up') this.#sender.wake()
        options.onState(state)
      },
      onSignedOut
    })
    this.#sender = new OutboxSender({
      storage,
      async send(item, signal) {
        // Another user has just signed in here: send nothing in their name.
        if (!stillMe()) throw new NetworkError('Another user is signed in')
        return postItem(client, item, signal)
      },
      onSent: (item, message) => {
        this.stream.wake()
        options.onSent(item, message)
      },
      onChanged: options.onOutboxChanged,
      onError: reportTrouble,
      onSignedOut
    })
  }

  /** There is something new in the outbox. */
  look(): void {
    this.#sender.look().catch(reportFault)
  }

  /** Stops waiting: the network is back, or the user looks at the page. */
  wake(): void {
    this.stream.wake()
    this.#sender.wake()
  }

  close(): void {
    this.stream.close()
    this.#sender.close()
  }
}
