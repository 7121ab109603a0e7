export { Awareness, type AwarenessOptions, type Typing } from './awareness.ts'
export { createClient, type Client, type ClientOptions } from './client.ts'
export { EventStream, type EventStreamOptions, type ResetReason, type StreamState } from './event-stream.ts'
export { isSignedOut, isTemporary, NetworkError, Refusal, reportFault, retryAfterMs } from './failures.ts'
export {
  isSend,
  memoryOutbox,
  newChange,
  newOutboxItem,
  retryItem,
  type Change,
  type ChangeItem,
  type OutboxItem,
  type OutboxStorage,
  type SendItem
} from './outbox.ts'
export { queueChange } from './outbox-changes.ts'
export { postItem } from './outbox-request.ts'
export { OutboxSender, type OutboxSenderOptions } from './outbox-sender.ts'
export { memoryState, type SavedState, type StateStorage } from './saved-state.ts'
export { StateSaver, type StateSaverOptions } from './state-saver.ts'
export { systemClock, type Clock } from './clock.ts'
export type { Answer } from './request.ts'
