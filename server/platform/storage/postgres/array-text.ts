/**
 * Arrays as Postgres reads them. `pg` makes the same of an array, and looks at each element several times: a quarter of what
 * a batch of sends took of the event loop.
 */
export function integersAsText(values: readonly number[]): string {
  return `{${values.join(',')}}`
}

export function textsAsText(values: readonly (string | null)[]): string {
  let text = ''
  for (const value of values) text += value === null ? ',NULL' : `,"${escaped(value)}"`
  return `{${text.slice(1)}}`
}

function escaped(value: string): string {
  return /["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value
}
