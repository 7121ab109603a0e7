import { setTimeout as delay } from 'node:timers/promises'
import { Client, type Pool } from 'pg'
import type { Notices } from '../store.ts'

const channel = 'parley_sessions'
const connectMs = 4_000
const retryMs = 1_000

/**
 * Passes short texts between processes through the database (LISTEN and NOTIFY), for what cannot wait for a sweep where there
 * is no NATS. A text that is published while a listener is disconnected is lost.
 */
export function openNotices(url: string, pool: Pool): Notices & { close(): Promise<void> } {
  const closing = new AbortController()
  let listening: Promise<void> | undefined

  async function listen(listener: (text: string) => void): Promise<void> {
    const { signal } = closing
    while (!signal.aborted) {
      await listenOnce(listener).catch(() => {})
      await delay(retryMs * (1 + Math.random()), null, { signal }).catch(() => {})
    }
  }

  /** Resolves when the connection has ended or this process closes. Throws when it cannot connect. */
  async function listenOnce(listener: (text: string) => void): Promise<void> {
    const client = new Client({
      connectionString: url,
      application_name: 'parley',
      keepAlive: true,
      connectionTimeoutMillis: connectMs
    })
    const over = new Promise<void>((resolve) => {
      client.once('end', resolve)
      closing.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    client.on('error', () => {})
    client.on('notification', ({ payload }) => listener(payload ?? ''))
    try {
      // A client that is ended while it connects never settles the promise of `connect`.
      await Promise.race([connect(client), over])
      await over
    } finally {
      client.end().catch(() => {})
    }
  }

  return {
    async publish(text) {
      await pool.query('SELECT pg_notify($1, $2)', [channel, text])
    },
    listen(listener) {
      listening ??= listen(listener)
    },
    async close() {
      closing.abort()
      await listening
    }
  }
}

async function connect(client: Client): Promise<void> {
  await client.connect()
  await client.query(`LISTEN ${channel}`)
}
