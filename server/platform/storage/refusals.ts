import { Problem, type PlainCode, type ProblemArguments, type ProblemData } from '@parley/contract/problems'

/** Why a procedure did nothing: a code and its data, never a sentence. */
export type Refused =
  | { refused: PlainCode }
  | { [Code in keyof ProblemData]: { refused: Code } & ProblemData[Code] }[keyof ProblemData]

/** Returns what storage did. Throws the problem with which it refused. */
export function accepted<Outcome>(outcome: Outcome): Exclude<Outcome, Refused> {
  if (isRefused(outcome)) throw problemOf(outcome)
  return outcome as Exclude<Outcome, Refused>
}

/** Returns the problem of a refusal, with its data. */
export function problemOf({ refused, ...data }: Refused): Problem {
  return new Problem(...([refused, data] as ProblemArguments))
}

function isRefused(outcome: unknown): outcome is Refused {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome
}
