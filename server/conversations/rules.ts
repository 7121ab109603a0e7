import type { FieldProblem } from '@parley/contract/field-problems'
import { titleMaxLength } from '@parley/contract/limits'
import { lineProblem } from '../messages/rules.ts'

/** Returns what is wrong with a group's trimmed title; null if it is valid. */
export function titleProblem(title: string): FieldProblem | null {
  return lineProblem(title, titleMaxLength)
}
