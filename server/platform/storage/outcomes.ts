import { Problem } from '@parley/contract/problems'
import type { Refused } from '../../conversations/membership-procedures.ts'

/** What storage did, where it did something. Throws the problem with which it refused. */
export function accepted<Outcome>(outcome: Outcome): Exclude<Outcome, Refused> {
  if (isRefused(outcome)) {
    throw new Problem(outcome.refused, outcome.detail, undefined, outcome.current)
  }
  return outcome as Exclude<Outcome, Refused>
}

function isRefused(outcome: unknown): outcome is Refused {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome
}
