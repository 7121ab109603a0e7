import { expect } from 'vitest'
import { enough, type StormResult } from './storm-run.ts'

/** Fails if a storm injected nothing or executed no acts, because it would prove nothing. */
export function expectCoverage({ faults, acts, refusals, judged, messages, snapshots }: StormResult): void {
  expect(Object.entries({ ...faults, ...acts }).filter(([, count]) => count === 0)).toEqual([])
  expect(Object.keys(refusals)).not.toEqual([])
  expect(judged).toBeGreaterThan(50)
  expect(messages).toBeGreaterThan(enough)
  expect(snapshots).toBeGreaterThan(5)
}
