/** Parley in a process that reports its own resources; needs `--expose-gc`. */
import { readdirSync } from 'node:fs'
import type { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createApp, type App } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { answerCalls } from './calls.ts'

let app: App

/** Resources of a process after garbage collection. */
export type ResourceUsage = {
  descriptors: number
  resources: Record<string, number>
  listeners: number
  heapBytes: number
}

export const commands = {
  async start({ env }: { env: Record<string, string> }): Promise<{ port: number }> {
    app = await createApp({
      ...readConfig({ PARLEY_LOG_LEVEL: 'silent', PARLEY_RATE_LIMITS: 'off', ...env }),
      port: 0
    })
    return { port: Number(new URL(await app.listen()).port) }
  },

  async untilStreamless(): Promise<null> {
    while (app.hub.size > 0) await delay(5)
    return null
  },

  async measure(): Promise<ResourceUsage> {
    // Handles closed in this turn of the event loop are released in the next ones.
    for (let i = 0; i < 5; i++) await turn()
    globalThis.gc!()
    await turn()
    globalThis.gc!()
    const resources: Record<string, number> = {}
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      resources,
      listeners: listenersOf(process) + listenersOf(app.server.server),
      heapBytes: process.memoryUsage().heapUsed
    }
  },

  async close(): Promise<null> {
    await app.close()
    return null
  }
}

export type AppCommands = typeof commands

function listenersOf(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

answerCalls(commands)
