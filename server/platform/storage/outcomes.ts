import type { Message } from '@parley/contract/entities'
import { Problem, type ProblemCode } from '@parley/contract/problems'

/** Why a procedure did nothing; `current` goes with `version_conflict`. */
export type Refused = { refused: ProblemCode; detail?: string; current?: Message }

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
