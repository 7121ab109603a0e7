import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// What is polled comes when it comes: a second, the default, is too short on a busy machine.
const patient = { expect: { poll: { timeout: 20_000 } } } as const
const node = { environment: 'node', pool: 'forks', ...patient } as const
// A process for many files: one for each, which loads the code under test again, would cost more than the tests do.
const shared = { isolate: false } as const

export default defineConfig({
  test: {
    maxWorkers: '100%',
    // As in server/parley.js: what a test starts, threads too, reads sources whose types are already stripped.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/parley') },
    projects: [
      // Fast, in one process with the code under test: part of `npm run check`.
      {
        test: {
          ...node,
          ...shared,
          name: 'unit',
          include: ['test/{contract,server,client,contracts,harness,web}/**/*.test.ts'],
          globalSetup: 'test/harness/postgres-setup.ts',
          // A busy machine is no failure; what hangs is still found.
          testTimeout: 30_000,
          hookTimeout: 30_000
        }
      },
      {
        test: {
          ...shared,
          ...patient,
          environment: 'jsdom',
          name: 'web',
          // What is on the screen; the state behind it needs no browser.
          include: ['test/web/**/*.test.tsx'],
          setupFiles: 'test/web/jsdom.ts',
          globals: false,
          testTimeout: 30_000
        }
      },
      // What touches the store, on the other engine.
      {
        test: {
          ...node,
          ...shared,
          name: 'postgres',
          include: ['test/server/*/**/*.test.ts'],
          // These use no store, or both engines themselves.
          exclude: [
            'test/server/platform/{metrics,storage}/**',
            '**/{compression,frame-ring,log-reader,nats-bus,openapi,problems,statements,web-app}.test.ts',
            '**/{send-batch,session-locks}.test.ts'
          ],
          globalSetup: 'test/harness/postgres-setup.ts',
          provide: { engine: 'postgres' },
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // After the system tests, which want the machine to themselves.
          sequence: { groupOrder: 1 }
        }
      },
      // Whole programs: Parley as its own process, real browsers, injected faults.
      {
        test: {
          ...node,
          name: 'system',
          include: ['test/{e2e,faults,system}/**/*.test.ts'],
          globalSetup: 'test/harness/release-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // The default of one second fails on a busy machine; a poll ends as soon as it succeeds.
          expect: { poll: { timeout: 15_000 } },
          fileParallelism: false
        }
      }
    ]
  }
})
