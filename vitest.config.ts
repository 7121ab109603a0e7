import { join } from 'node:path'
import { lingui } from '@lingui/vite-plugin'
import { defineConfig } from 'vitest/config'
import { linguiMacros } from './web/macros.ts'

// Polls end as soon as they succeed; the default timeout of one second is too short on a busy machine.
const patient = { expect: { poll: { timeout: 20_000 } } } as const
const node = { environment: 'node', pool: 'forks', ...patient } as const
// One process runs many files: reloading the code under test for each file would take longer than the tests.
const shared = { isolate: false } as const

/** Texts of the web app, as its build makes them. */
const texts = [linguiMacros(), lingui({ cwd: join(import.meta.dirname, 'web') })]

export default defineConfig({
  test: {
    maxWorkers: '100%',
    // As in server/parley.js: processes and threads started by tests read sources with types already stripped.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/parley') },
    projects: [
      // Fast, in one process with the code under test: part of `npm run check`.
      {
        plugins: texts,
        test: {
          ...node,
          ...shared,
          name: 'unit',
          include: ['test/{contract,server,client,contracts,harness,web}/**/*.test.ts'],
          setupFiles: 'test/web/english.ts',
          globalSetup: 'test/harness/postgres-setup.ts',
          // Long enough for a busy machine; a hanging test still fails.
          testTimeout: 30_000,
          hookTimeout: 30_000
        }
      },
      {
        plugins: texts,
        test: {
          ...shared,
          ...patient,
          environment: 'jsdom',
          name: 'web',
          // Components; the state behind them needs no DOM.
          include: ['test/web/**/*.test.tsx'],
          setupFiles: ['test/web/english.ts', 'test/web/jsdom.ts'],
          globals: false,
          testTimeout: 30_000
        }
      },
      // Tests that use the store, on the other engine.
      {
        test: {
          ...node,
          ...shared,
          name: 'postgres',
          include: ['test/server/*/**/*.test.ts'],
          // These use no store, or run both engines themselves.
          exclude: [
            'test/server/platform/{metrics,storage}/**',
            '**/{compression,frame-ring,log-reader,nats-bus,openapi,problems,statements,web-app}.test.ts',
            '**/{hints,send-batch,send-caches,session-locks}.test.ts'
          ],
          globalSetup: 'test/harness/postgres-setup.ts',
          provide: { engine: 'postgres' },
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // After the system tests, which need the machine to themselves.
          sequence: { groupOrder: 1 }
        }
      },
      // Complete programs: Parley as a process, real browsers, injected faults.
      {
        test: {
          ...node,
          name: 'system',
          include: ['test/{e2e,faults,system}/**/*.test.ts'],
          globalSetup: 'test/harness/release-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // The default of one second fails on a busy machine.
          expect: { poll: { timeout: 15_000 } },
          fileParallelism: false
        }
      }
    ]
  }
})
