import { defineConfig } from 'vitest/config'

const node = { environment: 'node', pool: 'forks' } as const

export default defineConfig({
  test: {
    projects: [
      // Fast, in one process with the code under test: part of `npm run check`.
      {
        test: {
          ...node,
          name: 'unit',
          include: ['test/{contract,server,client,contracts,harness}/**/*.test.ts'],
          globalSetup: 'test/harness/postgres-setup.ts',
          // A busy machine is no failure; what hangs is still found.
          testTimeout: 30_000,
          hookTimeout: 30_000
        }
      },
      {
        test: {
          environment: 'jsdom',
          name: 'web',
          include: ['test/web/**/*.test.{ts,tsx}'],
          globals: false,
          testTimeout: 30_000
        }
      },
      // What touches the store, on the other engine.
      {
        test: {
          ...node,
          name: 'postgres',
          include: ['test/server/{domain,http,realtime}/**/*.test.ts'],
          // These use no store, or both engines themselves.
          exclude: [
            '**/{compression,frame-ring,log-reader,nats-bus,openapi,problems,statements,web-app}.test.ts'
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
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false
        }
      }
    ]
  }
})
