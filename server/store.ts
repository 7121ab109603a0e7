import type { Send, SendOutcome } from './messages/procedures.ts'
import type { StoreOf } from './platform/storage/store.ts'
import type { reads, writes } from './procedures.ts'

/** The store with every noun's procedures, by their names. */
export type Store = StoreOf<typeof reads, typeof writes, Send, SendOutcome>

/** The store of a command that only reads. */
export type StoreReader = Pick<Store, 'read' | 'close'>
