/** Which of two ids came first: they are decimal numbers that may outgrow what a number holds. */
export function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  if (a === b) return 0
  return a < b ? -1 : 1
}
